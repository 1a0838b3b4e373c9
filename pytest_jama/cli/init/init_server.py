"""What a Jama offers to `pytest-jama init`: projects, plans, cycles, and what it asks for."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.cli.check.check_repository import TONES
from pytest_jama.core.errors import Problem, SettingsError, TargetError
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.text import counted, quoted
from pytest_jama.report.upload_lines import Line
from pytest_jama.targets.jama.probes.check_report import merge_settings
from pytest_jama.targets.jama.probes.inquiry import open_inquiry, tell_all
from pytest_jama.targets.jama.probes.probe import ServerProbe
from pytest_jama.targets.jama.probes.probe_access import AccessProbe
from pytest_jama.targets.jama.type_fields import find_type

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from pytest_jama.config import Settings
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.targets.jama.type_fields import ItemType, Kind
    from pytest_jama.targets.jama.wire import Cycle, Project, TestPlan

    Say = Callable[..., None]

_TIMEOUT_S = 20.0
"""For how long a server that is only read from may take: whoever answers questions waits for it."""

_MOST_PROJECTS = 500
"""Of more, the list is not read to its end: the key is quicker written than found in it."""

_MOST_CASES = 3000
"""Of more, the test cases are not read through: sixty requests."""

_TOLD_NOTES = ("type: plan", "type: cycle", "type: run", "fields")
"""Observations that matter to settings; what else a check finds out is told by it."""


class NeededField(NamedTuple):
    """A field that plans, cycles or runs must have, and that no setting gives.

    Attributes:
        kind: Of what it is a field.
        name: Its label; its API name where the server tells no label.
        options: The values of its pick list; empty without one.
    """

    kind: Kind
    name: str
    options: tuple[str, ...] = ()

    def check(self, value: str) -> None:
        """Refuse what is not an option of its pick list.

        Raises:
            SettingsError: When the value is not one.
        """
        if value and self.options and value not in self.options:
            what = f"{quoted(value)} is not an option of {quoted(self.name)}"
            raise SettingsError(Problem(what, f"use {', '.join(self.options)}", "answer"))


@dataclass
class JamaOffers:
    """Reads from one Jama.

    Attributes:
        settings: Where it is, and who we are.
        say: Told each line for people.
        found_url: The address as it should have been; empty when it was right.
    """

    settings: Settings
    say: Say
    found_url: str = ""

    def __post_init__(self) -> None:
        quick = min(self.settings.upload.give_up_after_s, _TIMEOUT_S)
        self._ask = open_inquiry(self.settings, give_up_after_s=quick, read_timeout_s=_TIMEOUT_S)

    def close(self) -> None:
        """Give the connections back."""
        self._ask.client.api.connection.close()

    def sign_in(self) -> bool:
        """Say whether the server answers and lets the account in."""
        access = AccessProbe(self._ask, self.settings)
        found: list[Observation] = []
        tell_all("address", access.address, found.append, mark=Mark.PROBLEM)
        self.found_url = str(merge_settings(found).get("url", ""))
        if not self.found_url:
            tell_all("login", access.login, found.append, mark=Mark.PROBLEM)
        for each in found:
            if each.mark is Mark.PROBLEM or each.name == "login":
                self._tell(each)
        return access.lets_us_in

    def projects(self) -> Sequence[Project]:
        """Return the projects that the account may see, by their keys; none of too many."""
        pages: list[Project] = []
        try:
            for page, total in self._ask.client.projects():
                pages += page
                if max(total or 0, len(pages)) > _MOST_PROJECTS:
                    many = counted(total or len(pages), "project")
                    self._note("project", f"there are {many}: write the key of yours")
                    return ()
        except TargetError as error:
            self._refused("project", error)
        return sorted(
            (each for each in pages if not each.is_folder and each.key), key=lambda each: each.key
        )

    def plans(self, project: Project) -> Sequence[TestPlan]:
        """Return the test plans that are not archived, the newest first."""
        plans = self._list("plan", lambda: self._ask.client.plans(project.id))
        return sorted((each for each in plans if not each.is_archived), key=lambda each: -each.id)

    def cycles(self, plan: TestPlan) -> Sequence[Cycle]:
        """Return the test cycles of a plan, the newest first."""
        cycles = self._list("cycle", lambda: self._ask.client.cycles(plan.id))
        return sorted(cycles, key=lambda each: -each.id)

    def case_types(self) -> Sequence[ItemType]:
        """Return the item types of test cases."""
        types = self._list("item types", self._ask.client.item_types)
        return [each for each in types if each.category == "TEST_CASE"]

    def find_cases(self, project: Project, ids: Collection[str]) -> Mapping[str, str]:
        """Return the document key of the only case that has an ID of another tool.

        It may stand in the name, or be the value of a field: that is how cases are imported.

        Args:
            project: Where they are.
            ids: The IDs.
        """
        types = [("itemType", each.id) for each in self.case_types()]
        query = (("project", project.id), *types)
        if not ids or not types:
            return {}
        total = self._list("cases", lambda: [self._ask.total("/abstractitems", query)])
        if not total or not total[0] or total[0] > _MOST_CASES:
            return {}
        found: dict[str, set[str]] = defaultdict(set)
        for row in self._list("cases", lambda: self._ask.rows("/abstractitems", query)):
            for each in _ids_of(row) & set(ids):
                found[each].add(str(row.get("documentKey") or row.get("id")))
        return {each: keys.pop() for each, keys in found.items() if len(keys) == 1}

    def examine(self, settings: Settings, refs: Sequence[CaseRef]) -> Sequence[Observation]:
        """Return what an upload by these settings would meet, as `pytest-jama check` sees it.

        Args:
            settings: What is going to be written into the file.
            refs: The cases that it refers to.
        """
        found: list[Observation] = []
        ServerProbe(self._ask, settings, refs=refs, runs=0, tell=found.append).run()
        return found

    def tell(self, found: Sequence[Observation]) -> bool:
        """Say what is in the way of an upload; return whether anything is.

        Args:
            found: What `examine` returned.
        """
        for each in found:
            is_known = each.mark is Mark.NOTE and each.name.startswith(_TOLD_NOTES)
            if each.mark is Mark.PROBLEM or (is_known and each.facts.get("found") is not False):
                self._tell(each)
        rights = [each for each in found if each.name.startswith("rights")]
        if rights and all(each.facts.get("allowed") is None for each in rights):
            text = (
                "not known before plan and cycle are there; "
                "`pytest-jama check --write-probe NAME` finds out"
            )
            self._tell(Observation("rights", Mark.NOTE, text))
        return any(each.mark is Mark.PROBLEM for each in found)

    def needed_fields(self, found: Sequence[Observation]) -> Sequence[NeededField]:
        """Return the fields that must have a value, with the values that they may have.

        Args:
            found: What `examine` returned.
        """
        fitting = merge_settings(found)
        kinds: tuple[Kind, ...] = ("plan", "cycle", "run")
        lacking = {kind: (fitting.get(kind) or {}).get("fields", {}) for kind in kinds}
        if not any(lacking.values()):
            return ()
        types = self._list("item types", self._ask.client.item_types)
        return [
            self._describe(kind, name, find_type(tuple(types), kind))
            for kind, names in lacking.items()
            for name in names
        ]

    def _describe(self, kind: Kind, name: str, item_type: Any) -> NeededField:
        known = item_type.find(name) if item_type else None
        if known is None:
            return NeededField(kind, name)
        same = [each for each in item_type.fields if each.label == known.label]
        title = known.label if known.label and len(same) == 1 else name
        if known.pick_list is None:
            return NeededField(kind, title)
        options = self._list(title, lambda: self._ask.client.options(known.pick_list))
        return NeededField(kind, title, tuple(each.name for each in options))

    def _list(self, what: str, read: Callable[[], Iterable[Any]]) -> list[Any]:
        """Read a list; one that is refused is told, and empty."""
        try:
            return list(chain(read()))
        except TargetError as error:
            self._refused(what, error)
            return []

    def _refused(self, what: str, error: TargetError) -> None:
        self._tell(Observation(what, Mark.PROBLEM, f"not found out: {error}"))

    def _note(self, what: str, text: str) -> None:
        self._tell(Observation(what, Mark.NOTE, text))

    def _tell(self, observation: Observation) -> None:
        text = self.settings.redactor.hide_certain(observation.text)
        mark = observation.mark
        self.say(Line(mark.value, f"{observation.name}: {text}", TONES[mark]))


_WORD = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_VALUE = 200


def _ids_of(row: Mapping[str, Any]) -> set[str]:
    """Return what of a case may be the ID of another tool: words of the name, short values."""
    fields = row.get("fields")
    values = fields if isinstance(fields, dict) else {}
    name = str(values.get("name") or "")
    texts = [each for each in values.values() if isinstance(each, str)]
    found = {word for word in _WORD.findall(name) if not word.isdigit()}
    return found | {text.strip() for text in texts if len(text) <= _LONGEST_VALUE}
