"""Test cases become part of a plan: each in one of its groups."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pytest_jama.core.errors import LockedError
from pytest_jama.core.plan import Unresolved
from pytest_jama.targets.jama.case_lookup import name_project
from pytest_jama.targets.jama.case_reasons import no_such_item, not_in_plan
from pytest_jama.targets.jama.change_log import LookAgain
from pytest_jama.targets.jama.client import groups_path
from pytest_jama.targets.jama.filling import Filling, Present, find_present
from pytest_jama.targets.jama.named_creation import describe_cut, named, sent_name
from pytest_jama.targets.jama.places import PLANNED_ID, pick_oldest
from pytest_jama.targets.jama.settling import group_holds, settle
from pytest_jama.targets.jama.waits import within
from pytest_jama.targets.jama.wire import Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.targets.jama.case_lookup import Case
    from pytest_jama.targets.jama.change_log import ChangeLog
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.filling import Refusal
    from pytest_jama.targets.jama.type_fields import ItemType
    from pytest_jama.targets.jama.wire import Item, Project, TestPlan

DEFAULT_GROUP = "Default Test Group"
"""The group that every new plan has. Source: Jama REST API cookbook, test plans."""

_TEST_CASE = "TEST_CASE"
_NEVER_CASES = frozenset({"TEST_PLAN", "TEST_CYCLE", "TEST_RUN", "ATTACHMENT"})
"""Categories of items that a group cannot hold. Which other types are test cases an admin decides,
and Jama's answer tells."""


def look_up(client: JamaClient, cases: Iterable[Case], changes: ChangeLog) -> list[Case]:
    """Ask for each item that is not known yet, to predict what Jama would say to it.

    Args:
        client: Reads from Jama.
        cases: What the plan shall contain.
        changes: Notes those that lead nowhere.
    """
    known = []
    for case in cases:
        item = case.item or client.find_item(case.id)
        if item is None:
            changes.leave_out(no_such_item(case.ref))
        else:
            known.append(replace(case, item=item))
    return known


def in_order(cases: Sequence[Case], refs: Sequence[CaseRef]) -> list[Case]:
    """Return cases in the order in which references first name them; others come last.

    Args:
        cases: The cases; of several references to one, the first here stays the first.
        refs: The references in the order that is wanted.
    """
    by_ref = {ref: place for place, ref in enumerate(refs)}
    places: dict[int, int] = {}
    for case in cases:
        place = by_ref.get(case.ref, len(refs))
        places[case.id] = min(place, places.get(case.id, place))
    return sorted(cases, key=lambda case: places[case.id])


class PlanGroups:
    """Puts test cases into the groups of one plan.

    Args:
        client: Reads from Jama and writes to it.
        project: The project of the plan.
        plan: The plan; its ID is `PLANNED_ID` when a dry run did not create it.
        changes: Notes what is done.
        known: The groups of the plan, if they were listed just now.
    """

    def __init__(
        self,
        client: JamaClient,
        project: Project,
        plan: TestPlan,
        changes: ChangeLog,
        known: Sequence[Group] = (),
    ) -> None:
        self._known = known
        self._client = client
        self._project = project
        self._plan = plan
        self._changes = changes
        self._is_planned = plan.id == PLANNED_ID
        self._types: dict[int, ItemType] | None = None
        self._name_by_project: dict[int | None, str] = {}
        self._filling: Filling | None = None

    def include(
        self, cases: Sequence[Case], *, group_name: str | None, adds: bool = True
    ) -> list[Case]:
        """Add the cases that no group of the plan has yet.

        Args:
            cases: What the plan shall contain.
            group_name: The group for new ones; None for the default group.
            adds: Whether cases are added; otherwise those that the plan lacks are noted.

        Returns:
            The cases that the plan contains now, or would; the others are noted as left out.
        """
        groups = self._groups()
        there, counts = self._find_present(groups, {case.id for case in cases})
        absent = [case for case in cases if case.id not in there]
        if not adds:
            self._changes.leave_out(*(not_in_plan(case, self._plan) for case in absent))
        elif fit := {case.id: case for case in reversed(self._find_fit(absent))}:
            group = self._choose_group(groups, group_name)
            added = self._fill(group, list(reversed(fit.values())), counts.get(group.id))
            there = there.union(case.id for case in added)
        return [case for case in cases if case.id in there]

    def _find_present(self, groups: Sequence[Group], wanted: set[int]) -> Present:
        """Find out which cases the plan has; one that was just created has none."""
        if self._is_planned or ("test plan", self._plan.id) in self._changes.new:
            return Present(set(), {group.id: 0 for group in groups})
        return find_present(self._client, self._plan, groups, wanted)

    def _fill(self, group: Group, cases: Sequence[Case], count: int | None) -> list[Case]:
        """Add cases to a group that has so many; returns those that it has now."""
        self._filling = Filling(self._client, self._plan, group, self._changes, count=count)
        origins = [self._foreign_project(case) for case in cases]
        added, refused = self._filling.add(cases, origins)
        self._changes.leave_out(*(self._explain(each, group) for each in refused))
        self._name_foreign(added)
        return added

    def _find_fit(self, cases: Sequence[Case]) -> list[Case]:
        """Return those that may go into a group, each with its item."""
        asked = list({case.id: None for case in cases if case.item is None})
        items = self._client.together([partial(self._client.find_item, each) for each in asked])
        by_id = dict(zip(asked, items, strict=True))
        known = [replace(case, item=case.item or by_id[case.id]) for case in cases]
        self._changes.leave_out(*(no_such_item(case.ref) for case in known if not case.item))
        return [case for case in known if case.item and self._is_test_case(case)]

    def _name_foreign(self, added: Sequence[Case]) -> None:
        """Name the cases of other projects that come into the plan, project by project."""
        by_project: dict[str, list[str]] = {}
        for case in added:
            if project := self._foreign_project(case):
                by_project.setdefault(project, []).append(case.ref.text)
        for project, names in by_project.items():
            self._changes.warnings.append(
                f"test cases of another project, {project}, come into test plan "
                f"{self._plan.name!r}: {', '.join(names)}"
            )

    def _foreign_project(self, case: Case) -> str:
        """Return the project of a case; empty for the project of the plan."""
        item = case.item
        if item is None or item.project_id in (None, self._project.id):
            return ""
        if item.project_id not in self._name_by_project:
            self._name_by_project[item.project_id] = name_project(self._client, item)
        return self._name_by_project[item.project_id]

    def wait_for_others(self, *, are_known: bool) -> bool:
        """Wait until no other session adds cases; see `Filling.wait_for_others`.

        When this session had none to add the plan is not a new one, and nothing is waited for.
        """
        return self._filling is not None and self._filling.wait_for_others(are_known=are_known)

    def _groups(self) -> list[Group]:
        if self._is_planned:
            return [Group(PLANNED_ID, DEFAULT_GROUP)]
        return list(self._known or self._client.groups(self._plan.id))

    def _choose_group(self, groups: Sequence[Group], name: str | None) -> Group:
        wanted = name or DEFAULT_GROUP
        alike = named(wanted, groups)
        found = pick_oldest(alike, "test group", warn=self._changes.warnings.append)
        if found is None and name is None and groups:
            found = min(groups, key=lambda group: group.id)
            self._changes.warnings.append(
                f"test plan {self._plan.name!r} has no group {DEFAULT_GROUP!r}: "
                f"its oldest one is used, {found.name!r}; `plan: {{group: ...}}` names another",
            )
        if found is not None:
            self._changes.warn(describe_cut("test group", wanted, found.name))
            return found
        wanted, long = sent_name(wanted), wanted
        self._changes.warn(describe_cut("test group", long, wanted))
        create = partial(self._client.create_group, self._plan.id, wanted)
        return self._settle(Group(self._changes.create("test group", wanted, create), wanted))

    def _settle(self, group: Group) -> Group:
        """Agree with other sessions that create the same group now."""
        if not self._changes.is_allowed:
            return group
        again = LookAgain(
            lambda: named(group.name, self._client.groups(self._plan.id)),
            partial(group_holds, self._client, self._plan),
        )
        settled, _ = settle(
            group,
            again.list_alike,
            "test group",
            pauses_s=within(self._client.waits_s),
            again=self._client.again(groups_path(self._plan.id)),
            warn=self._changes.warnings.append,
        )
        self._changes.note_if_in_doubt("test group", settled, again)
        return settled

    def _explain(self, refused: Refusal, group: Group) -> Unresolved:
        case, refusal = refused
        item = case.item or self._client.find_item(case.id)
        if item is None:
            return no_such_item(case.ref)
        kind = self._find_type(item)
        kind_of = f" (an item of type {kind.name!r})" if kind and not item.steps else ""
        return self._find_unfit(case, item) or Unresolved(
            case.ref,
            f"Jama does not add it{kind_of} to group {group.name!r}: {refusal}",
            "have it unlocked in Jama"
            if isinstance(refusal, LockedError)
            else "if it is a test case, add it to the test plan in Jama, or get the permission to "
            "do so; else refer to the test case that verifies it",
        )

    def _is_test_case(self, case: Case) -> bool:
        """Return whether an item may go into a group; one that was not looked up may."""
        unfit = self._find_unfit(case, case.item) if case.item else None
        if unfit:
            self._changes.leave_out(unfit)
        elif case.item and not case.item.steps and not self._changes.is_allowed:
            self._warn_of_doubt(case, self._find_type(case.item))
        return unfit is None

    def _warn_of_doubt(self, case: Case, kind: ItemType | None) -> None:
        """Say what a dry run cannot know: whether Jama takes an item for a test case."""
        tells = any(each.category == _TEST_CASE for each in (self._types or {}).values())
        if kind is not None and tells and kind.category != _TEST_CASE:
            self._changes.warn(
                f"{case.ref} is an item of type {kind.name!r}: whether Jama takes it for a test "
                "case shows when it is added to the plan"
            )

    def _find_unfit(self, case: Case, item: Item) -> Unresolved | None:
        """Say of what is clearly something else that it is; Jama decides on the others."""
        kind = None if item.steps else self._find_type(item)
        if kind is None or kind.category not in _NEVER_CASES:
            return None
        return Unresolved(
            case.ref,
            f"it is not a test case but an item of type {kind.name!r}",
            "refer to the test case that verifies it",
            asks_for="map",
        )

    def _find_type(self, item: Item) -> ItemType | None:
        if item.type_id is None:
            return None
        if self._types is None:
            self._types = {each.id: each for each in self._client.item_types()}
        return self._types.get(item.type_id)
