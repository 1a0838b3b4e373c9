"""Test cases by hand: found again or made up, with keys, IDs and steps as they are asked for."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama import accounts, nodes
from pytest_jama.sandbox.jama.accounts import ROBOT_ID
from pytest_jama.sandbox.jama.model import Node
from pytest_jama.sandbox.jama.nodes import NewNode
from pytest_jama.sandbox.jama.rich_text import paragraph

if TYPE_CHECKING:
    from pytest_jama.sandbox.jama.store import Store

Step = Mapping[str, str]

SEED_FOLDER = "Test cases"
DEMO_KEY = "DEMO"


def seed_case(
    database: Database,
    *,
    project: int,
    document_key: str | None,
    case_id: int | None,
    global_id: str | None,
    name: str | None,
    description: str | None,
    steps: int | Sequence[Step],
) -> int:
    """Create a test case, or give a known one the further steps; return its ID.

    Raises:
        ValueError: The ID or the key belongs to something that is not this test case.
    """
    wanted = _steps(steps)
    known = _find_case(database, document_key=document_key, case_id=case_id, global_id=global_id)
    if known is not None:
        _extend_steps(database, known, wanted)
        return known.id
    case_type = accounts.get_item_type(database, "TC")
    key = document_key or nodes.take_key(database, project, case_type)
    new = NewNode(
        project=project,
        item_type=case_type,
        fields=_case_fields(name or f"Case {key}", description, wanted),
        user=ROBOT_ID,
        id=case_id,
        document_key=key,
        global_id=global_id,
    )
    return nodes.add_item(database, new, parent=_seed_folder(database, project))


def _find_case(
    database: Database, *, document_key: str | None, case_id: int | None, global_id: str | None
) -> Node | None:
    wanted = {"id": case_id, "document_key": document_key}
    if case_id is None and document_key is None:
        wanted = {"global_id": global_id}
    rows = [
        row
        for column, value in wanted.items()
        if value is not None
        for row in database.select("nodes", **{column: value})
    ]
    if not rows:
        return None
    row = rows[0]
    is_case = row["item_type"] == accounts.get_item_type(database, "TC").id
    if not is_case or (document_key and row["document_key"] != document_key):
        raise ValueError(
            f"{document_key or case_id or global_id} is taken by {row['document_key']}"
        )
    database.update("nodes", {"active": 1}, id=row["id"])
    return nodes.find_node(database, row["id"], "items")


def _extend_steps(database: Database, case: Node, wanted: Sequence[Step]) -> None:
    present = list(case.fields.get("testCaseSteps", []))
    if len(present) < len(wanted):
        longer = [*present, *wanted[len(present) :]]
        fields = {**case.fields, "testCaseSteps": longer}
        nodes.save_fields(database, case, fields, user=ROBOT_ID)


def _seed_folder(database: Database, project: int) -> int:
    name = f"seed folder {project}"
    known = database.counter(name)
    if nodes.find_node(database, known, "items") is not None:
        return known
    new = NewNode(
        project=project,
        item_type=accounts.get_item_type(database, "SET"),
        fields={"name": SEED_FOLDER},
        user=ROBOT_ID,
        columns={"child_item_type": accounts.get_item_type(database, "TC").id},
    )
    folder = nodes.add_item(database, new)
    database.raise_counter(name, folder)
    return folder


def _case_fields(name: str, description: str | None, steps: Sequence[Step]) -> dict[str, Any]:
    fields: dict[str, Any] = {"name": name}
    if description is not None:
        fields["description"] = description
    if steps:
        fields["testCaseSteps"] = steps
    return fields


def _steps(steps: int | Sequence[Step]) -> list[Step]:
    if not isinstance(steps, int):
        return [dict(step) for step in steps]
    return [
        {
            "action": paragraph(f"Action {number}"),
            "expectedResult": paragraph(f"Expected result {number}"),
            "notes": "",
        }
        for number in range(1, steps + 1)
    ]


_DEMO_CASES = (
    ("Log in with a valid password", ("Open the login page", "Enter user and password", "Sign in")),
    ("Lock the account after five wrong passwords", ("Enter a wrong password five times",)),
    ("Pay with a credit card", ("Fill the basket", "Choose credit card", "Confirm the payment")),
    ("Show the invoice", ()),
    ("Log out", ()),
)


def seed_demo(store: "Store") -> int:
    """Create the project DEMO with five test cases, once; return its ID."""
    project_id = store.add_project(DEMO_KEY, "Demo project")
    for number, (name, actions) in enumerate(_DEMO_CASES, start=1):
        steps = [
            {"action": f"<p>{action}</p>\n", "expectedResult": "<p>It works</p>\n", "notes": ""}
            for action in actions
        ]
        store.add_case(DEMO_KEY, f"{DEMO_KEY}-TC-{number}", name=name, steps=steps)
    return project_id
