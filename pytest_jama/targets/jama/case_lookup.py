"""References to test cases, as users write them, looked up at Jama."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.core.plan import Unresolved
from pytest_jama.targets.jama.client import batches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Item, Project


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
