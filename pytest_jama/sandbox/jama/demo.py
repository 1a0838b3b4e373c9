"""Something to look at, for a sandbox that was started without a seed."""

from pytest_jama.sandbox.jama.store import Store

PROJECT_KEY = "DEMO"

_CASES = (
    ("Log in with a valid password", ("Open the login page", "Enter user and password", "Sign in")),
    ("Lock the account after five wrong passwords", ("Enter a wrong password five times",)),
    ("Pay with a credit card", ("Fill the basket", "Choose credit card", "Confirm the payment")),
    ("Show the invoice", ()),
    ("Log out", ()),
)


def seed_demo(store: Store) -> int:
    """Create the project DEMO with five test cases, once; return its ID."""
    project_id = store.add_project(PROJECT_KEY, "Demo project")
    for number, (name, actions) in enumerate(_CASES, start=1):
        steps = [
            {"action": f"<p>{action}</p>\n", "expectedResult": "<p>It works</p>\n", "notes": ""}
            for action in actions
        ]
        store.add_case(PROJECT_KEY, f"{PROJECT_KEY}-TC-{number}", name=name, steps=steps)
    return project_id
