"""References to test cases, as users write them, looked up at Jama; and what became of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pytest_jama.core.cases import RefKind
from pytest_jama.core.errors import RefusedError
from pytest_jama.core.plan import Unresolved
from pytest_jama.targets.jama.paging import ShortListError, batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Cycle, Item, Project, TestPlan


@dataclass(frozen=True, slots=True)
class Case:
    """A test case that results are written for.

    Attributes:
        ref: The reference as the user wrote it.
        id: The API ID.
        item: What Jama says of it; None while that did not have to be asked.
    """

    ref: CaseRef
    id: int
    item: Item | None = None


@dataclass(slots=True)
class FoundCases:
    """What became of references.

    Attributes:
        cases: Those that name an item, in the order of the references; API IDs are not looked up.
        aliases: The same for references that may only name one of these cases, too.
        unresolved: Those that do not.
        warnings: Ambiguous ones.
    """

    cases: list[Case] = field(default_factory=list)
    aliases: list[Case] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def find_cases(
    client: JamaClient,
    project: Project,
    refs: Sequence[CaseRef],
    aliases: Sequence[CaseRef] = (),
) -> FoundCases:
    """Look up references, 50 with one request; API IDs need none.

    What the project does not have is looked up in all projects: a plan may hold cases of others.
    Source: Jama help, test plans: cases come "from the project or another project".

    Args:
        client: Reads from Jama.
        project: Where document keys and global IDs are searched first.
        refs: Each reference once.
        aliases: Others, which may lead nowhere.
    """
    known = {
        kind: _Answers(client, project, kind, [*refs, *aliases])
        for kind in (RefKind.DOCUMENT_KEY, RefKind.GLOBAL_ID)
    }
    found, only_aliases = FoundCases(), FoundCases()
    for to_add, several in ((found, refs), (only_aliases, aliases)):
        for ref in several:
            if ref.kind is RefKind.API_ID:
                to_add.cases.append(Case(ref, int(ref.text)))
            else:
                known[ref.kind].add(ref, to_add)
    found.aliases = only_aliases.cases
    return found


def no_such_item(ref: CaseRef) -> Unresolved:
    """Say that an API ID leads nowhere."""
    return Unresolved(
        ref,
        f"there is no item with the API ID {ref}: deleted, or never there",
        "correct the reference, or restore the test case in Jama; "
        "the user of the credentials must be allowed to see it",
    )


def name_project(client: JamaClient, item: Item) -> str:
    """Return the key of an item's project, or its ID where the user may not see the project."""
    project = None
    with suppress(RefusedError):
        project = client.find_project(item.project_id) if item.project_id else None
    return project.key if project and project.key else f"with the ID {item.project_id}"


class _Answers:
    """What Jama has for all references of one kind.

    Args:
        client: Reads from Jama.
        project: Searched first.
        kind: Document keys or global IDs.
        refs: References of any kind.
    """

    def __init__(
        self, client: JamaClient, project: Project, kind: RefKind, refs: Iterable[CaseRef]
    ) -> None:
        self._client = client
        self._project = project
        self._kind = kind
        self._missing = 0
        self._total = 0
        texts = [ref.text for ref in refs if ref.kind is kind]
        self._own = self._search(texts, project.id)
        self._foreign: dict[str, list[Item]] = {}
        self._elsewhere = ""
        with suppress(RefusedError):  # some may only search in one project
            self._foreign = self._search([text for text in texts if text not in self._own], None)
            self._elsewhere = ", nor has another project"

    def add(self, ref: CaseRef, found: FoundCases) -> None:
        """Add the item that a reference names, or why it names none."""
        own = sorted(self._own.get(ref.text, ()), key=lambda item: item.id)
        foreign = sorted(self._foreign.get(ref.text, ()), key=lambda item: item.id)
        if not own and len(foreign) > 1:
            found.unresolved.append(self._ambiguous(ref, foreign))
        elif not own and not foreign:
            found.unresolved.append(self._unknown(ref))
        else:
            item, *others = own or foreign
            found.cases.append(Case(ref, item.id, item))
            if others:
                ids = ", ".join(str(other.id) for other in others)
                found.warnings.append(
                    f"{ref}: {len(own)} items of project {self._project.key} have this "
                    f"{self._kind.value}: the oldest is used, ID {item.id}; the others are {ids}",
                )

    def _search(self, texts: Sequence[str], project_id: int | None) -> dict[str, list[Item]]:
        """Return the items by their names; what a search finds beside them is left out.

        Args:
            texts: The names.
            project_id: Where; None for everywhere.
        """

        def read(batch: Sequence[str]) -> tuple[list[Item], ShortListError | None]:
            items: list[Item] = []
            try:
                items.extend(self._list(project_id, batch))
            except ShortListError as error:
                return items, error
            return items, None

        found: dict[str, dict[int, Item]] = {}
        jobs = [partial(read, batch) for batch in batches(texts)]
        for items, error in self._client.together(jobs):
            self._missing += error.missing if error else 0
            self._total += error.total if error else 0
            for item in items:
                if project_id is None or item.project_id in (None, project_id):
                    name = item.key if self._kind is RefKind.DOCUMENT_KEY else item.global_id
                    found.setdefault(name, {})[item.id] = item
        return {name: list(items.values()) for name, items in found.items()}

    def _list(self, project_id: int | None, batch: Sequence[str]) -> Iterator[Item]:
        """Ask Jama; for global IDs it has only a full-text search."""
        if self._kind is RefKind.DOCUMENT_KEY:
            return self._client.items_by_key(project_id, batch)
        return self._client.items_with_words(project_id, batch)

    def _ambiguous(self, ref: CaseRef, items: Sequence[Item]) -> Unresolved:
        named = ", ".join(
            f"ID {item.id} of project {name_project(self._client, item)}" for item in items
        )
        return Unresolved(
            ref,
            f"project {self._project.key or self._project.id} has no item with the "
            f"{self._kind.value} {ref}, and other projects have several: {named}",
            "write the API ID of the one that is meant",
        )

    def _unknown(self, ref: CaseRef) -> Unresolved:
        if self._missing:
            return Unresolved(
                ref,
                f"Jama did not give all items that it found for it and others: "
                f"{self._missing} of {self._total} did not come, also when they were asked for "
                "again",
                "send the results again",
            )
        texts = [*self._own, *self._foreign]
        alike = next((text for text in texts if text.casefold() == ref.text.casefold()), None)
        return Unresolved(
            ref,
            f"project {self._project.key or self._project.id} has no item with the "
            f"{self._kind.value} {ref}{self._elsewhere}",
            f"write {alike}"
            if alike
            else "correct the reference, or restore the test case if it was deleted; the user of "
            "the credentials must be allowed to see it; "
            "one that was created just now is found after some seconds",
        )


def no_run(case: Case, cycle: Cycle) -> Unresolved:
    """Say that an existing cycle has no run of a case."""
    return Unresolved(
        case.ref,
        f"test cycle {cycle.name!r} has no run of it: "
        "the cycle was made before the test case came into the plan",
        "use a new cycle name; or set `cycle: {missing_runs: regenerate}`, "
        "which may cost the results that the cycle has",
    )


def not_in_plan(case: Case, plan: TestPlan) -> Unresolved:
    """Say that a plan that people have prepared does not hold a case."""
    return Unresolved(
        case.ref,
        f"test plan {plan.name!r} does not have it, and `plan: {{add: none}}` adds nothing",
        "add it to the plan in Jama before the test cycle is made, or set `plan: {add: linked}`",
    )


def unread_run(case: Case, cycle: Cycle, *, missing: int, total: int | None) -> Unresolved:
    """Say that Jama did not give the whole list of the runs, in which that of a case may be.

    Args:
        case: The case.
        cycle: The cycle.
        missing: How many runs did not come.
        total: How many there are.
    """
    return Unresolved(
        case.ref,
        f"Jama did not give all runs of test cycle {cycle.name!r}: {missing} of {total} did not "
        "come, also when they were asked for again, or cannot be read",
        "send the results again",
    )


def late_run(case: Case, cycle: Cycle, *, waited_s: float) -> Unresolved:
    """Say that Jama generated no run of a case in a new cycle.

    Args:
        case: The case.
        cycle: The cycle.
        waited_s: For how many seconds it was looked for.
    """
    return Unresolved(
        case.ref,
        f"Jama generated no run of it in test cycle {cycle.name!r} within {waited_s:.0f} s",
        "look at the cycle in Jama, then send the results again",
    )


def too_late(case: Case, cycle: Cycle) -> Unresolved:
    """Say that another session created the cycle before the case came into the plan."""
    return Unresolved(
        case.ref,
        f"another session created test cycle {cycle.name!r} (ID {cycle.id}) at the same time, "
        "before this test case came into the plan: it has no run of it",
        "use a new cycle name for all shards, since the plan has all their test cases now; or let "
        "them run with `--jama-no-upload` and send their journals together: "
        "`pytest-jama upload JOURNAL...`",
    )
