Feature: Bolus

  @jama:PUMP-TC-1
  Scenario: A bolus is given once
    Given a bolus of 2 ml
    When the patient presses twice within 10 minutes
    Then 2 ml are given

  Scenario Outline: The lockout is kept
    Given a lockout of <minutes> minutes
    When the patient presses after <pressed> minutes
    Then <given> ml are given

    Examples:
      | minutes | pressed | given |
      | 10      | 9       | 0     |
      | 10      | 11      | 2     |
      | 30      | 30      | 0     |

  @skip
  Scenario: A nurse releases the lockout
    Given a lockout of 10 minutes

  Scenario: A bolus is logged
    Given a bolus of 2 ml
    Then the log names the patient
