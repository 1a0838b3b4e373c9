"""References to test cases, as users write them, looked up at Jama.

Admins can change document keys and use them again: where `jama.lock` has the API ID of a case, that
decides. What the search does not have is looked for in the groups of the plan, which need no index.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.core.errors import NotUsableError, RefusedError
from pytest_jama.core.lock import SEVERAL_IDS
from pytest_jama.core.plan import Unresolved
from pytest_jama.targets.jama import case_reasons as because
from pytest_jama.targets.jama.case_reasons import name_of
from pytest_jama.targets.jama.paging import ShortListError, batches
from pytest_jama.targets.jama.waits import INDEXED_LATE_S, may_be_new

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_jama.core.lock import Lock, LockedCase
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Item, Project, TestPlan

ItemsByName = dict[CaseRef, dict[int, "Item"]]


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
        unresolved: Those that do not.
        warnings: Ambiguous ones, and those whose names have changed.
    """

    cases: list[Case] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def name_project(client: JamaClient, item: Item) -> str:
    """Return the key of an item's project, or its ID where the user may not see the project."""
    project = None
    with suppress(RefusedError):
        project = client.find_project(item.project_id) if item.project_id else None
    return project.key if project and project.key else f"with the ID {item.project_id}"


class CaseSearch:
    """Looks up references, 50 with one request; API IDs need none. Each is searched once.

    What the project does not have is looked up in all projects: a plan may hold cases of others.
    Source: Jama help, test plans: cases come "from the project or another project".

    Args:
        client: Reads from Jama.
        project: Where document keys and global IDs are searched first.
        lock: What was reviewed; its API IDs decide.
        renews: Whether the lock is written anew: then what a name means now is taken.
        on_wait: Told why it takes minutes.
    """

    def __init__(
        self,
        client: JamaClient,
        project: Project,
        *,
        lock: Lock | None = None,
        renews: bool = False,
        on_wait: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._project = project
        self._lock = lock
        self._renews = renews
        self._on_wait = on_wait
        self._asked: set[CaseRef] = set()
        self._own: ItemsByName = {}
        self._foreign: ItemsByName = {}
        self._locked_items: dict[int, Item | None] = {}
        self._in_plan: dict[int, Item] | None = None
        self._missing = 0
        self._total = 0
        self._elsewhere = ""
        self._has_waited = False

    def search(self, refs: Iterable[CaseRef]) -> None:
        """Search for references that were not searched yet."""
        new = [ref for ref in dict.fromkeys(refs) if ref not in self._asked]
        self._asked.update(new)
        self._search(new, self._project.id, self._own)
        with suppress(RefusedError):  # some may only search in one project
            self._search([ref for ref in new if ref not in self._own], None, self._foreign)
            self._elsewhere = ", nor has another project"

    def find(
        self, refs: Sequence[CaseRef], *, plan: TestPlan | None = None, is_thorough: bool = True
    ) -> FoundCases:
        """Return what references name.

        Args:
            refs: Each reference once.
            plan: Its groups are looked through for what the search does not have.
            is_thorough: Whether what may be new is waited for.
        """
        self.search(refs)
        self._ask_for_locked(refs)
        self._look_in_groups(refs, plan)
        if is_thorough:
            self._wait_for_new(refs)
        found = FoundCases()
        for ref in refs:
            case = self._pick(ref, found)
            if isinstance(case, Unresolved):
                found.unresolved.append(case)
            else:
                found.cases.append(case)
        return found

    def _pick(self, ref: CaseRef, found: FoundCases) -> Case | Unresolved:
        if ref.kind is RefKind.API_ID:
            return Case(ref, int(ref.text))
        own, foreign = self._items(ref)
        locked = self._locked(ref)
        if locked is not None:
            return self._pick_locked(ref, locked, [*own, *foreign], found)
        if len(foreign) > 1:
            foreign = [item for item in foreign if item.id in (self._in_plan or ())] or foreign
        if not own and len(foreign) > 1:
            return self._ambiguous(ref, foreign)
        if not own and not foreign:
            return self._unknown(ref)
        item, *others = own or foreign
        if others:
            ids = ", ".join(str(other.id) for other in others)
            found.warnings.append(
                f"{ref}: {len(own)} items of project {self._project.key} have this "
                f"{ref.kind.value}: the oldest is used, ID {item.id}; the others are {ids}",
            )
        return Case(ref, item.id, item)

    def _pick_locked(
        self, ref: CaseRef, locked: LockedCase, items: Sequence[Item], found: FoundCases
    ) -> Case | Unresolved:
        """Return the item that the lock means, unless its name means another one now."""
        if locked.api_id == SEVERAL_IDS:
            return because.several_locked(ref)
        mine = next((item for item in items if item.id == locked.api_id), None)
        mine = mine or self._locked_items.get(locked.api_id or 0)
        if mine is not None and (mine in items or name_of(mine, ref.kind) == ref.text):
            return Case(ref, mine.id, mine)
        if items:
            return because.another_item(ref, locked, items[0], mine)
        if mine is None:
            return because.locked_item_gone(ref, locked)
        found.warnings.append(because.moved_name(ref, mine))
        return Case(ref, mine.id, mine)

    def _items(self, ref: CaseRef) -> tuple[list[Item], list[Item]]:
        """Return what has a name in the project, and elsewhere, the oldest first."""
        own, foreign = self._own.get(ref, {}), self._foreign.get(ref, {})
        return [own[each] for each in sorted(own)], [foreign[each] for each in sorted(foreign)]

    def _locked(self, ref: CaseRef) -> LockedCase | None:
        """Return what is locked of a case, if that decides which item it is."""
        locked = self._lock.find(ref) if self._lock and ref.kind is not RefKind.API_ID else None
        if locked is None or locked.api_id is None:
            return None
        return None if self._renews and (ref in self._own or ref in self._foreign) else locked

    def _ask_for_locked(self, refs: Iterable[CaseRef]) -> None:
        """Ask for the items of the lock that the search did not find by their names."""
        wanted: dict[int, None] = {}
        for ref in refs:
            locked = self._locked(ref)
            if locked is not None and locked.api_id and locked.api_id not in self._locked_items:
                own, foreign = self._items(ref)
                if all(item.id != locked.api_id for item in (*own, *foreign)):
                    wanted[locked.api_id] = None
        items = self._client.together([partial(self._find_visible, each) for each in wanted])
        self._locked_items.update(zip(wanted, items, strict=True))

    def _find_visible(self, item_id: int) -> Item | None:
        with suppress(RefusedError):
            return self._client.find_item(item_id)
        return None

    def _lacking(self, refs: Iterable[CaseRef]) -> list[CaseRef]:
        """Return the references that lead nowhere yet, or to one of several other projects."""
        return [
            ref
            for ref in refs
            if ref.kind is not RefKind.API_ID
            and self._locked(ref) is None
            and ref not in self._own
            and len(self._foreign.get(ref, ())) != 1
        ]

    def _look_in_groups(self, refs: Iterable[CaseRef], plan: TestPlan | None) -> None:
        """Look for what is lacking in the plan: its groups need no index."""
        lacking = frozenset(self._lacking(refs))
        if plan is None or not lacking:
            return
        if self._in_plan is None:
            self._in_plan = {}
            with suppress(RefusedError, NotUsableError):  # what came until then counts
                for group in self._client.groups(plan.id):
                    for item in self._client.cases(plan.id, group.id):
                        self._in_plan[item.id] = item
        for item in self._in_plan.values():
            if not lacking.isdisjoint(_names_of(item)):
                is_own = item.project_id in (None, self._project.id)
                _note(item, self._own if is_own else self._foreign)

    def _wait_for_new(self, refs: Iterable[CaseRef]) -> None:
        """Search again for names that may have been given just now: the index lags."""
        lacking = [ref for ref in self._lacking(refs) if ref not in self._foreign]
        if self._has_waited or self._missing or not lacking:
            return
        new = may_be_new(lacking, self._given_names())
        if not new:
            return
        self._has_waited = True
        names = ", ".join(ref.text for ref in new)
        self._on_wait(
            f"Jama's search does not have {names}, which may be new: looking again for up to "
            f"{sum(INDEXED_LATE_S) / 60:.0f} minutes"
        )
        for attempt, pause_s in enumerate(INDEXED_LATE_S, start=2):
            self._client.again("/abstractitems")("not in the search index yet", attempt, pause_s)
            self._search(new, self._project.id, self._own)
            new = [ref for ref in new if ref not in self._own]
            if not new:
                return

    def _given_names(self) -> set[CaseRef]:
        """Return names that items have, among them those that were given last."""
        items = list((self._in_plan or {}).values())
        types = {item.type_id for found in self._own.values() for item in found.values()}
        with suppress(RefusedError, NotUsableError):  # the others tell enough
            items += self._client.newest_items(self._project.id, [each for each in types if each])
        return {*self._own, *self._foreign, *(name for item in items for name in _names_of(item))}

    def _search(self, refs: Sequence[CaseRef], project_id: int | None, into: ItemsByName) -> None:
        """Search by names; what a search finds beside them is left out.

        Args:
            refs: The names.
            project_id: Where; None for everywhere.
            into: Gets what has them.
        """

        def read(kind: RefKind, batch: Sequence[str]) -> tuple[list[Item], ShortListError | None]:
            items: list[Item] = []
            try:
                items.extend(self._list(kind, project_id, batch))
            except ShortListError as error:
                return items, error
            return items, None

        jobs = [
            partial(read, kind, batch)
            for kind in (RefKind.DOCUMENT_KEY, RefKind.GLOBAL_ID)
            for batch in batches([ref.text for ref in refs if ref.kind is kind])
        ]
        for items, error in self._client.together(jobs):
            self._missing += error.missing if error else 0
            self._total += error.total if error else 0
            for item in items:
                if project_id is None or item.project_id in (None, project_id):
                    _note(item, into)

    def _list(self, kind: RefKind, project_id: int | None, batch: Sequence[str]) -> Iterator[Item]:
        """Ask Jama; for global IDs it has only a full-text search."""
        if kind is RefKind.DOCUMENT_KEY:
            return self._client.items_by_key(project_id, batch)
        return self._client.items_with_words(project_id, batch)

    def _ambiguous(self, ref: CaseRef, items: Sequence[Item]) -> Unresolved:
        named = ", ".join(
            f"ID {item.id} of project {name_project(self._client, item)}" for item in items
        )
        return because.ambiguous_name(ref, self._place, named)

    def _unknown(self, ref: CaseRef) -> Unresolved:
        if self._missing:
            return because.unread_item(ref, missing=self._missing, total=self._total)
        names = (name.text for name in (*self._own, *self._foreign) if name.kind is ref.kind)
        alike = next((each for each in names if each.casefold() == ref.text.casefold()), "")
        return because.unknown_name(ref, self._place, self._elsewhere, alike=alike)

    @property
    def _place(self) -> str:
        return f"project {self._project.key or self._project.id} has no item with the"


def _names_of(item: Item) -> tuple[CaseRef, ...]:
    return tuple(
        CaseRef(kind, name_of(item, kind)) for kind in (RefKind.DOCUMENT_KEY, RefKind.GLOBAL_ID)
    )


def _note(item: Item, into: ItemsByName) -> None:
    for name in _names_of(item):
        into.setdefault(name, {})[item.id] = item
