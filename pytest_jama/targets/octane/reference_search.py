"""The search for what settings refer to: one request for each kind, and all mistakes at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from pytest_jama.core.errors import RefusedError
from pytest_jama.targets.octane.query import either, has_ids
from pytest_jama.targets.octane.references import (
    Reference,
    ReferenceMistake,
    Referent,
    choose,
    describe_malformed,
    describe_missing,
    find_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_jama.targets.octane.entities import Entities, Entity
    from pytest_jama.targets.octane.references import ReferenceKind

_WORK_ITEMS = "work_items"
_REQUIREMENTS = "requirement_documents"
"""Where requirements are, which are not among the work items; not all servers may have it."""

_TOLD = 5
"""So many IDs are told of which all the same is to be said."""

_NAMES_READ = 5000
"""Among so many names the nearest is looked for."""

_AT_ONCE = 20
"""So many references are asked for by one request: addresses may not become too long."""


class ReferenceSearch:
    """Finds what settings refer to.

    Args:
        entities: The workspace.
        leaves_out: Whether what is missing is left out, as the server does with `skip_errors`.

    Attributes:
        mistakes: What is wrong, a line each.
        warnings: Sentences about what did not stop us.
    """

    def __init__(self, entities: Entities, *, leaves_out: bool) -> None:
        self._entities = entities
        self._leaves_out = leaves_out
        self.mistakes: list[str] = []
        self.warnings: list[str] = []

    def find(self, kind: ReferenceKind, text: str | None) -> Referent | None:
        """Return what a setting refers to; None when it refers to nothing, or to nothing known.

        Args:
            kind: What it refers to.
            text: The setting.

        Raises:
            TargetError: When the server cannot be used.
        """
        return next(iter(self.find_all(kind, [text] if text else [])), None)

    def find_all(self, kind: ReferenceKind, texts: Sequence[str]) -> list[Referent]:
        """Return what several settings of one kind refer to, each once.

        Args:
            kind: What they refer to.
            texts: The settings.

        Raises:
            TargetError: When the server cannot be used.
        """
        references = list(map(Reference.parse, dict.fromkeys(texts)))
        for each in filter(lambda each: each.is_malformed, references):
            self.mistakes.append(describe_malformed(kind, each))
        wanted = [each for each in references if not each.is_malformed]
        found: dict[Referent, None] = {}
        for at in range(0, len(wanted), _AT_ONCE):
            found.update(dict.fromkeys(self._find_some(kind, wanted[at : at + _AT_ONCE])))
        return list(found)

    def _find_some(self, kind: ReferenceKind, wanted: Sequence[Reference]) -> list[Referent]:
        query = either(*(each.condition for each in wanted))
        try:
            rows = list(self._entities.list(kind.collection, fields="id,name", query=query))
        except RefusedError as refusal:
            if refusal.http_status != HTTPStatus.FORBIDDEN:
                raise
            return self._take_ids(kind, wanted, refusal)
        chosen = [choose(kind, each, rows) for each in wanted]
        names = self._names_of(kind) if None in chosen else []
        found: list[Referent] = []
        for reference, meant in zip(wanted, chosen, strict=True):
            if isinstance(meant, Referent):
                found.append(meant)
            else:
                self._note(meant or describe_missing(kind, reference, names))
        return found

    def _take_ids(
        self, kind: ReferenceKind, wanted: Sequence[Reference], refusal: RefusedError
    ) -> list[Referent]:
        """Take IDs as they are where the entities may not be read; names cannot be looked up."""
        found: list[Referent] = []
        for each in wanted:
            if each.entity_id:
                found.append(Referent(int(each.entity_id)))
                told = f"{kind.noun} {each.entity_id} is taken as it is, since {refusal}"
                self.warnings.append(told)
            else:
                self.mistakes.append(
                    f"{kind.noun} {each.text!r} cannot be looked up: {refusal}; give its ID in "
                    f"`{kind.setting}`, or a role that may read {kind.collection}"
                )
        return found

    def _names_of(self, kind: ReferenceKind) -> list[str]:
        rows = self._entities.list(kind.collection, fields="id,name", most=_NAMES_READ)
        return [name for row in rows if isinstance(name := row.get("name"), str)]

    def _note(self, mistake: ReferenceMistake) -> None:
        if mistake.is_missing and self._leaves_out:
            self.warnings.append(f"{mistake.message}; `skip_errors` leaves it out")
        else:
            self.mistakes.append(mistake.message)

    def check_items(self, items: Iterable[int], lines: Mapping[int, str]) -> None:
        """Note backlog items that do not exist: the server would leave their tests out.

        Args:
            items: Their IDs.
            lines: Where each is named first, such as "line 3".

        Raises:
            TargetError: When the server cannot be used.
        """
        missing = sorted(set(items))
        for collection in (_WORK_ITEMS, _REQUIREMENTS):
            try:
                found = self._ids_in(collection, missing)
            except RefusedError as refusal:
                if refusal.http_status == HTTPStatus.FORBIDDEN:
                    told = ", ".join(map(str, missing[:_TOLD])) + ", ..." * (len(missing) > _TOLD)
                    self.warnings.append(f"backlog items {told} were not looked up: {refusal}")
                    return
                if collection == _WORK_ITEMS:
                    raise
                continue
            missing = [each for each in missing if each not in found]
        for each in missing:
            where = f", {lines[each]}" if lines.get(each) else ""
            told = f"there is no backlog item {each}; check `tests`{where}"
            if not self._leaves_out:
                told += "; with `skip_errors` its tests are sent without it"
            self._note(ReferenceMistake(told, is_missing=True))

    def _ids_in(self, collection: str, items: Sequence[int]) -> set[int | None]:
        rows: list[Entity] = []
        for query in has_ids("id", items):
            rows += self._entities.list(collection, fields="id", query=query)
        return {find_id(row.get("id")) for row in rows}
