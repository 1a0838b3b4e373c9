Feature: Door

  Scenario: The pump stops when the door opens
    Given a running pump
    When the door opens
    Then the pump stands still

  Scenario Outline: The door alarm has a level
    Given a pump that is <state>
    Then the alarm is <level>

    Examples:
      | state   | level |
      | running | high  |
      | stopped | low   |

  @needs_a_key
  Scenario: The door is locked
    Given a running pump
    Then the key is turned

  Scenario: The open door is logged
    Given a running pump
    Then the log names the door
