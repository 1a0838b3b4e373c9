*** Settings ***
Documentation     The pump is primed before the patient is connected.
Test Template     Purge Needs Volume

*** Test Cases ***
Short Line Is Purged    12.0    12.1
Long Line Is Purged     18.0    17.2

Air Is Detected
    [Template]    NONE
    ${bubble_ml}=    Set Variable    ${0.04}
    Should Be True    ${bubble_ml} < 0.05

Cassette Is Recognised
    [Template]    NONE
    Skip    no cassette reader on this bench

*** Keywords ***
Purge Needs Volume
    [Arguments]    ${needed_ml}    ${measured_ml}
    Should Be True    ${measured_ml} >= ${needed_ml}    only ${measured_ml} of ${needed_ml} ml
