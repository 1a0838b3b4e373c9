"""The state of a sandbox, as seeding and tests see it: no HTTP, plain values."""

import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from typing_extensions import Self

from pytest_jama.sandbox.database import Clock, Database
from pytest_jama.sandbox.jama import accounts, nodes, plan_groups, planning
from pytest_jama.sandbox.jama.accounts import ROBOT_ID
from pytest_jama.sandbox.jama.item_types import CUSTOM_SEPARATOR, ITEM_TYPES, FieldDefinition
from pytest_jama.sandbox.jama.meanwhile import Meanwhile
from pytest_jama.sandbox.jama.model import Json, Node, StoredGroup, StoredProject, User
from pytest_jama.sandbox.jama.nodes import NewNode, find_nodes
from pytest_jama.sandbox.jama.requirements import Requirements
from pytest_jama.sandbox.jama.rich_text import paragraph
from pytest_jama.sandbox.jama.selection import of_kind
from pytest_jama.sandbox.jama.tables import SCHEMA, VERSION

Step = Mapping[str, str]

DEMO_KEY = "DEMO"
CASES_SET = "Test Cases"
"""Where cases stand that no one gives a place."""


class Store(Meanwhile, Requirements):
    """Everything one sandbox knows, in memory or in a file that outlives it.

    Thread safe. Close it, use it as a context manager, or let it be garbage collected.

    Args:
        path: SQLite file, created if missing; None keeps the state in memory.
        clock: Seconds since the epoch.
    """

    def __init__(self, path: Path | None = None, *, clock: Clock = time.time) -> None:
        self.database = Database(path, schema=SCHEMA, version=VERSION, clock=clock)
        self._close = weakref.finalize(self, self.database.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; closing twice does no harm."""
        self._close()

    # -- seeding -------------------------------------------------------------------------

    def add_project(self, key: str, name: str | None = None, id: int | None = None) -> int:  # noqa: A002 - Jama's own word
        """Create a project unless one with that key (or ID) exists; return its ID."""
        with self.database.transaction():
            known = accounts.find_project(self.database, key=key)
            if known is None and id is not None:
                known = accounts.find_project(self.database, id=id)
            if known is not None:
                return known.id
            project = StoredProject(
                id=nodes.take_id(self.database, id),
                key=key,
                name=name or key,
                created_date=self.database.now(),
                created_by=ROBOT_ID,
            )
            self.database.insert("projects", asdict(project))
        return project.id

    def add_case(
        self,
        project_key: str,
        document_key: str | None = None,
        *,
        id: int | None = None,  # noqa: A002 - Jama's own word
        global_id: str | None = None,
        name: str | None = None,
        steps: int | Sequence[Step] = 0,
        description: str | None = None,
    ) -> int:
        """Create a test case unless one with that key, ID or global ID exists; return its ID.

        An existing case gets further steps if it has fewer than asked for (a new version).

        Args:
            project_key: Key of a project that exists.
            document_key: Exact key, such as `JEET1-TC-12`; None takes the next.
            id: Exact API ID; None takes the next.
            global_id: Exact global ID, such as `GID-51234`; None takes the next.
            name: None makes one up.
            steps: Number of steps, or the steps with `action`, `expectedResult`, `notes`.
            description: Rich text.

        Raises:
            LookupError: There is no such project.
            ValueError: The ID or the key belongs to something that is not this test case.
        """
        numbers = {"id": id, "document_key": document_key}
        if id is None and document_key is None:
            numbers = {"global_id": global_id}
        wanted = _made_up(steps) if isinstance(steps, int) else [dict(step) for step in steps]
        with self.database.transaction():
            project = self._project(project_key).id
            known = self._known_case(numbers, document_key)
            if known is not None:
                self._extend_steps(known, wanted)
                return known.id
            key = document_key or nodes.take_key(self.database, project, ITEM_TYPES["TC"])
            fields: Json = {"name": name or f"Case {key}"}
            if description is not None:
                fields["description"] = description
            if wanted:
                fields["testCaseSteps"] = wanted
            new = NewNode(
                project=project,
                item_type=ITEM_TYPES["TC"],
                fields=fields,
                user=ROBOT_ID,
                id=id,
                document_key=key,
                global_id=global_id,
            )
            return nodes.add_item(self.database, new, parent=self._seed_folder(project))

    def add_plan(
        self, project_key: str, name: str, *, cases: Sequence[int] = (), archived: bool = False
    ) -> int:
        """Create a plan with its default group, holding the cases; return its ID."""
        with self.database.transaction():
            project = self._project(project_key).id
            plan = planning.add_plan(
                self.database, project=project, fields={"name": name}, user=ROBOT_ID
            )
            self.add_to_plan(plan, *cases)
            if archived:
                self.set_archived(plan)
        return plan

    def add_to_plan(self, plan_id: int, *case_ids: int, group: str | None = None) -> int:
        """Put cases into a group of a plan and return the group's ID.

        Args:
            plan_id: The plan.
            case_ids: The cases; one that is in the group already stays where it is.
            group: Name of the group, created if missing; None means the first one.
        """
        with self.database.transaction():
            group_id = self._group(plan_id, group)
            for case_id in case_ids:
                plan_groups.add_case(
                    self.database, plan=plan_id, group_id=group_id, case_id=case_id
                )
        return group_id

    def add_cycle(
        self,
        plan_id: int,
        name: str,
        *,
        start_date: str | None = None,
        end_date: str | None = None,
        group_ids: Sequence[int] | None = None,
    ) -> int:
        """Create a cycle with a run for every case of the plan (or of the groups)."""
        today = datetime.fromtimestamp(self.database.clock(), tz=timezone.utc).date().isoformat()
        fields = {
            "name": name,
            "startDate": start_date or today,
            "endDate": end_date or start_date or today,
        }
        plan = nodes.get_node(self.database, plan_id, "testplans")
        generation = planning.Generation(group_ids=group_ids)
        return planning.add_cycle(self.database, plan, fields, generation, user=ROBOT_ID)

    def add_run_field(self, name: str, field_type: str = "STRING", *, rich: bool = False) -> str:
        """Give test runs one more custom field; return its full name, e.g. `color$37`."""
        bare, _, _ = name.partition(CUSTOM_SEPARATOR)
        full = f"{bare}{CUSTOM_SEPARATOR}{ITEM_TYPES['TSTRN'].id}"
        field = FieldDefinition(full, field_type, rich=rich)
        accounts.add_custom_field(self.database, "TSTRN", field)
        return full

    # -- reading -------------------------------------------------------------------------

    def users(self) -> tuple[User, ...]:
        """List all users; the first is the one that the credentials belong to."""
        return accounts.USERS

    def projects(self) -> tuple[StoredProject, ...]:
        """List all projects, oldest first."""
        return accounts.find_projects(self.database)

    def cases(self, project_key: str) -> tuple[Node, ...]:
        """List the test cases of a project, oldest first."""
        case_types = accounts.case_types(self.database)
        selection = of_kind("items").where_in("n.item_type", case_types)
        return self._of_project(project_key, selection)

    def plans(self, project_key: str) -> tuple[Node, ...]:
        """List the plans of a project, oldest first."""
        return self._of_project(project_key, of_kind("testplans"))

    def groups(self, plan_id: int) -> tuple[StoredGroup, ...]:
        """List the groups of a plan, oldest first."""
        return tuple(
            StoredGroup(
                **asdict(group), case_ids=tuple(plan_groups.find_cases(self.database, group.id))
            )
            for group in plan_groups.find_groups(self.database, plan_id)
        )

    def cycles(self, plan_id: int) -> tuple[Node, ...]:
        """List the cycles of a plan, oldest first."""
        selection = of_kind("testcycles").where("n.plan = ?", plan_id)
        return find_nodes(self.database, selection)

    def runs(self, cycle_id: int) -> tuple[Node, ...]:
        """List the runs of a cycle, oldest first."""
        return planning.find_runs(self.database, cycle_id)

    def run(self, run_id: int) -> Node:
        """Return one run, or raise a `LookupError`."""
        return nodes.get_node(self.database, run_id, "testruns")

    # -- inside --------------------------------------------------------------------------

    def _known_case(self, numbers: Mapping[str, Any], document_key: str | None) -> Node | None:
        """Find the case that has one of the numbers; bring it back if it was deleted.

        Raises:
            ValueError: The number belongs to something that is not this test case.
        """
        given = {column: value for column, value in numbers.items() if value is not None}
        found = [self.database.find("nodes", **{name: value}) for name, value in given.items()]
        row = next(filter(None, found), None)
        if row is None:
            return None
        is_case = row["item_type"] in accounts.case_types(self.database)
        if not is_case or document_key not in (None, row["document_key"]):
            taken = document_key or next(iter(given.values()))
            raise ValueError(f"{taken} is taken by {row['document_key']}")
        self.database.update("nodes", {"active": 1}, id=row["id"])
        return nodes.find_node(self.database, row["id"], "items")

    def _extend_steps(self, case: Node, wanted: Sequence[Step]) -> None:
        present = case.fields.get("testCaseSteps", [])
        if len(present) < len(wanted):
            longer = [*present, *wanted[len(present) :]]
            fields = {**case.fields, "testCaseSteps": longer}
            nodes.save_fields(self.database, case, fields, user=ROBOT_ID)

    def _seed_folder(self, project: int) -> int:
        return self.add_set(project, [CASES_SET], of=ITEM_TYPES["TC"].id)

    def _project(self, project_key: str) -> StoredProject:
        project = accounts.find_project(self.database, key=project_key)
        if project is None:
            raise LookupError(f"the sandbox has no project {project_key!r}")
        return project

    def _of_project(self, project_key: str, selection: Any) -> tuple[Node, ...]:
        project = self._project(project_key)
        return find_nodes(self.database, selection.where("n.project = ?", project.id))

    def _group(self, plan_id: int, name: str | None) -> int:
        present = plan_groups.find_groups(self.database, plan_id)
        for group in present:
            if name in (None, group.name):
                return group.id
        return plan_groups.add_group(self.database, plan_id, name or plan_groups.DEFAULT_GROUP)


def _made_up(count: int) -> list[Step]:
    return [
        {
            "action": paragraph(f"Action {number}"),
            "expectedResult": paragraph(f"Expected result {number}"),
            "notes": "",
        }
        for number in range(1, count + 1)
    ]


_DEMO_CASES = (
    ("Log in with a valid password", ("Open the login page", "Enter user and password", "Sign in")),
    ("Lock the account after five wrong passwords", ("Enter a wrong password five times",)),
    ("Pay with a credit card", ("Fill the basket", "Choose credit card", "Confirm the payment")),
    ("Show the invoice", ()),
    ("Log out", ()),
)


def seed_demo(store: Store) -> int:
    """Create the project DEMO with five test cases, once; return its ID."""
    project_id = store.add_project(DEMO_KEY, "Demo project")
    for number, (name, actions) in enumerate(_DEMO_CASES, start=1):
        steps = [
            {"action": f"<p>{action}</p>\n", "expectedResult": "<p>It works</p>\n", "notes": ""}
            for action in actions
        ]
        store.add_case(DEMO_KEY, f"{DEMO_KEY}-TC-{number}", name=name, steps=steps)
    return project_id
