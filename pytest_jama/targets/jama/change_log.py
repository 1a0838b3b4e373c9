"""What a resolve changes at Jama, or would change in a dry run, and the cases without a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pytest_jama.core.errors import RefusedError, TargetError
from pytest_jama.core.plan import Change, ChangeKind
from pytest_jama.core.text import counted
from pytest_jama.targets.http.creation import Wary
from pytest_jama.targets.jama.named_creation import N
from pytest_jama.targets.jama.places import PLANNED_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Unresolved
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.jama.named_creation import Named

T = TypeVar("T")

_CERTAINLY_NOT_DONE = frozenset(range(400, 500)) - {408, 425, 429}
"""Refusals that say for certain that nothing was created."""


@dataclass(frozen=True)
class LookAgain(Generic[N]):
    """How it is looked for others of a name.

    Attributes:
        list_alike: Lists all that have it.
        describe: Says what another one holds, and whether it can be deleted.
    """

    list_alike: Callable[[], Iterable[N]]
    describe: Callable[[N], str]


class Doubtful(NamedTuple):
    """Something that was created while the server was slow, or lost an answer.

    Attributes:
        kind: What it is.
        used: The one that is used.
        again: How it is looked for others.
    """

    kind: str
    used: Named
    again: LookAgain[Any]

    def find_warning(self) -> str:
        """Look once more; return what a person should know of others of the name, if any."""
        kind, used, again = self
        try:
            alike = sorted(again.list_alike(), key=attrgetter("id"))
            others = [each for each in alike if each.id != used.id]
            if not others:
                return ""
            told = "; ".join(f"ID {each.id} {again.describe(each)}" for each in others)
        except TargetError as error:
            return (
                f"Jama was slow to create {kind} {used.name!r} (ID {used.id}), and whether there "
                f"is a second one of that name now could not be looked up: {error}"
            )
        first = min(each.id for each in others)
        which = "" if first > used.id else f"; until then, sessions use the oldest, ID {first}"
        what = "test cases" if kind == "test group" else "results"
        return (
            f"{len(others) + 1} {kind}s are named {used.name!r}, since Jama created one late: "
            f"the {what} of this upload are in ID {used.id}; {told}{which}"
        )


_EXPLAINED = 3
"""Of how many cases that nothing is written for it is said why they do not come into the plan."""


@dataclass(slots=True)
class ChangeLog:
    """The record of one `resolve`.

    Attributes:
        is_allowed: Whether changes are made; a dry run only notes them.
        observer: Told each change as soon as it is made.
        made: The changes, in their order.
        warnings: Sentences about what did not stop us.
        unresolved: Cases without a run.
        unreported: Cases that nothing is written for: they are only to be in the plan.
        begun: When an earlier upload began to create what, and did not learn what became of it, in
            seconds since 1970.
        doubtful: What was created so that another one of its name may have come to be later.
        unfinished: What it began to create, and did not learn whether it was (`Change.what`).
        new: Kind and ID of what it has created, and not found: that was empty a moment ago.
    """

    is_allowed: bool
    observer: Observer
    made: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    unreported: frozenset[CaseRef] = frozenset()
    begun: Mapping[str, float] = field(default_factory=dict)
    doubtful: list[Doubtful] = field(default_factory=list)
    unfinished: set[str] = field(default_factory=set)
    new: set[tuple[str, int]] = field(default_factory=set)
    _in_doubt: set[str] = field(default_factory=set)
    _not_added: list[Unresolved] = field(default_factory=list)

    def create(self, kind: str, name: str, action: Callable[[Wary], int]) -> int:
        """Create a plan, group or cycle, and note it; in a dry run only note it.

        The journal learns that it begins: a process that ends in between leaves it to the server,
        and an upload must not create it again before it can be there.

        Args:
            kind: What it is.
            name: Its name, as it is sent.
            action: Creates it; returns its ID.

        Returns:
            Its ID, or `PLANNED_ID`.
        """
        change = Change(ChangeKind.CREATE, f"{kind} {name!r}")
        wary = Wary(
            change.what,
            self.begun.get(change.what),
            on_wait=self.observer.waits,
            on_doubt=lambda: self._in_doubt.add(change.what),
            on_made=lambda made_id: self.new.add((kind, made_id)),
        )
        if self.is_allowed:
            self.unfinished.add(change.what)
            self.observer.begins(change)
        try:
            created = self.make(change, lambda: action(wary), otherwise=PLANNED_ID)
        except RefusedError as refusal:
            if refusal.http_status in _CERTAINLY_NOT_DONE:
                self.unfinished.discard(change.what)
                self.observer.refused(change)
            raise
        self.unfinished.discard(change.what)
        return created

    def note_if_in_doubt(self, kind: str, used: N, again: LookAgain[N]) -> None:
        """Remember to look once more, at the end, whether there are two of what was created.

        Args:
            kind: What it is.
            used: The one that is used.
            again: Lists all of its name, and says of another one what it holds.
        """
        if f"{kind} {used.name!r}" in self._in_doubt:
            self.doubtful.append(Doubtful(kind, used, again))

    def leave_out(self, *cases: Unresolved) -> None:
        """Note cases without a run; a session does not fail for one that it says nothing of."""
        for case in cases:
            is_unreported = case.case_ref in self.unreported
            (self._not_added if is_unreported else self.unresolved).append(case)

    def warn(self, text: str) -> None:
        """Note what did not stop us; nothing when the text is empty."""
        if text:
            self.warnings.append(text)

    def all_warnings(self) -> Iterator[str]:
        """Yield all warnings; of many cases that do not come into the plan few say why."""
        yield from self.warnings
        for case in self._not_added[:_EXPLAINED]:
            yield (
                f"{case.case_ref} is linked to a test and does not come into the plan: "
                f"{case.reason}; {case.remedy}"
            )
        others = [case.case_ref.text for case in self._not_added[_EXPLAINED:]]
        if others:
            count = counted(len(others), "more case")
            yield f"{count} linked to tests that do not come into the plan: {', '.join(others)}"

    def make(self, change: Change, action: Callable[[], T], *, otherwise: T) -> T:
        """Make a change and note it; in a dry run only note it.

        Args:
            change: What is made.
            action: Makes it; a change that fails is neither noted nor told.
            otherwise: What a dry run goes on with.
        """
        result = action() if self.is_allowed else otherwise
        self.tell(change)
        self.made.append(change)
        return result

    def tell(self, change: Change) -> None:
        """Tell a change that was made; not in a dry run."""
        if self.is_allowed:
            self.observer.changed(change)
