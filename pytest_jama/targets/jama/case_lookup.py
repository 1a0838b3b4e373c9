"""References to test cases, as users write them, looked up at Jama; and what became of them.

The log of a resolve holds what it changes at Jama, or would change in a dry run, and the cases
without a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.core.plan import Unresolved
from pytest_jama.targets.jama.client import batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_jama.core.plan import Change
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Cycle, Item, Project


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

    Args:
        client: Reads from Jama.
        project: Where document keys and global IDs are searched.
        refs: Each reference once.
        aliases: Others, which may lead nowhere.
    """
    keys = [ref.text for ref in (*refs, *aliases) if ref.kind is RefKind.DOCUMENT_KEY]
    global_ids = [ref.text for ref in (*refs, *aliases) if ref.kind is RefKind.GLOBAL_ID]
    by_text = {
        RefKind.DOCUMENT_KEY: _search_keys(client, project, keys),
        RefKind.GLOBAL_ID: _search_global_ids(client, project, global_ids),
    }
    found, only_aliases = FoundCases(), FoundCases()
    for to_add, several in ((found, refs), (only_aliases, aliases)):
        for ref in several:
            if ref.kind is RefKind.API_ID:
                to_add.cases.append(Case(ref, int(ref.text)))
            else:
                _add(to_add, ref, by_text[ref.kind], project)
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


def _add(
    found: FoundCases,
    ref: CaseRef,
    all_items: dict[str, list[Item]],
    project: Project,
) -> None:
    items = all_items.get(ref.text)
    if not items:
        found.unresolved.append(_unknown(ref, project, all_items))
        return
    item, *others = sorted(items, key=lambda item: item.id)
    found.cases.append(Case(ref, item.id, item))
    if others:
        ids = ", ".join(str(other.id) for other in others)
        found.warnings.append(
            f"{ref}: {len(items)} items of project {project.key} have this {ref.kind.value}: "
            f"the oldest is used, ID {item.id}; the others are {ids}",
        )


def _unknown(ref: CaseRef, project: Project, all_items: dict[str, list[Item]]) -> Unresolved:
    alike = next((text for text in all_items if text.casefold() == ref.text.casefold()), None)
    return Unresolved(
        ref,
        f"project {project.key or project.id} has no item with the {ref.kind.value} {ref}",
        f"write {alike}"
        if alike
        else "correct the reference, or restore the test case if it was deleted; "
        "one that was created just now is found after some seconds",
    )


def _search_keys(client: JamaClient, project: Project, keys: list[str]) -> dict[str, list[Item]]:
    def read(batch: Sequence[str]) -> list[Item]:
        return list(client.items_by_key(project.id, batch))

    found: dict[str, list[Item]] = {}
    for items in client.together([partial(read, batch) for batch in batches(keys)]):
        for item in items:
            found.setdefault(item.key, []).append(item)
    return found


def _search_global_ids(
    client: JamaClient,
    project: Project,
    global_ids: list[str],
) -> dict[str, list[Item]]:
    """Search for global IDs; Jama has only a full-text search for them.

    What it finds may merely mention one, or be of another project: both are compared.
    """

    def read(batch: Sequence[str]) -> list[Item]:
        return list(client.items_with_words(project.id, batch))

    found: dict[str, dict[int, Item]] = {}
    for items in client.together([partial(read, batch) for batch in batches(global_ids)]):
        for item in items:
            if item.project_id in (None, project.id):
                found.setdefault(item.global_id, {})[item.id] = item
    return {global_id: list(items.values()) for global_id, items in found.items()}


T = TypeVar("T")


@dataclass(slots=True)
class ChangeLog:
    """The record of one `resolve`.

    Attributes:
        is_allowed: Whether changes are made; a dry run only notes them.
        observer: Told each change as soon as it is made.
        made: The changes, in their order.
        warnings: Sentences about what did not stop us.
        unresolved: Cases without a run.
    """

    is_allowed: bool
    observer: Observer
    made: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)

    def make(self, change: Change, action: Callable[[], T], *, otherwise: T) -> T:
        """Make a change and note it; in a dry run only note it.

        Args:
            change: What is made.
            action: Makes it; a change that fails is neither noted nor told.
            otherwise: What a dry run goes on with.
        """
        result = action() if self.is_allowed else otherwise
        self.made.append(change)
        if self.is_allowed:
            self.observer.changed(change)
        return result


def no_run(case: Case, cycle: Cycle) -> Unresolved:
    """Say that an existing cycle has no run of a case."""
    return Unresolved(
        case.ref,
        f"test cycle {cycle.name!r} has no run of it: "
        "the cycle was made before the test case came into the plan",
        "use a new cycle name; or set `cycle: {missing_runs: regenerate}`, "
        "which may cost the results that the cycle has",
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
