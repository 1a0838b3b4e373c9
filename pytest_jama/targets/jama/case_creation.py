"""New test cases for tests that have none: found by what they say of their test, else created.

The description of each ends with the name of its test. By that a case is known again whose answer
was lost, or that an earlier command created before it was broken off; no case is ever changed.
Source: Jama REST API cookbook, items chapter; the published OpenAPI document, `RequestItem`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.port import Observer
from pytest_jama.core.text import clean, visible
from pytest_jama.targets.http.creation import Seen, Wary
from pytest_jama.targets.jama.actual_results import escaped, rich_text, words_of
from pytest_jama.targets.jama.case_places import children_path
from pytest_jama.targets.jama.paging import sent_name
from pytest_jama.targets.jama.traceability import items_of_types, read_rows
from pytest_jama.targets.jama.wire import read_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.targets.jama.case_home import CaseHome, NewCase
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Item, Json

ITEMS_PATH = "/items"

_TEXT_CHARACTERS = 8_000
"""Of a description, and of the action or expected result of a step; no limit is documented."""

_LEAST_ROOM = 100


class LookedBack(NamedTuple):
    """What became of what was created.

    Attributes:
        items: What is there, by test.
        twins: Items that say that they are for one test, where there are several, by test.
    """

    items: Mapping[str, Item]
    twins: Mapping[str, Sequence[Item]]


class CaseMaker:
    """Creates test cases in one place, and none twice.

    Args:
        client: Reads and writes at Jama.
        home: The place.
        on_wait: Told why there is a wait.
    """

    def __init__(
        self, client: JamaClient, home: CaseHome, *, on_wait: Callable[[str], None]
    ) -> None:
        self._client = client
        self._home = home
        self._on_wait = on_wait

    def find_made(self, cases: Iterable[NewCase]) -> dict[str, list[Item]]:
        """Return the cases that say that they are for one of these tests, the oldest first.

        The set is listed, which needs no search index, and all of the project are searched.
        """
        home = self._home
        listed = {item.id: item for item in self._children()}
        for item in items_of_types(self._client, home.project.id, [home.item_type.id], Observer()):
            listed.setdefault(item.id, item)
        return _by_test(listed.values(), cases)

    def find_namesakes(self, cases: Iterable[NewCase]) -> dict[str, Item]:
        """Return the items of the set that have the name of a case and say nothing of any test."""
        by_name = {
            item.name: item for item in self._children() if _MARK not in words_of(item.description)
        }
        named = ((case.test, by_name.get(sent_name(case.name))) for case in cases)
        return {test: item for test, item in named if item is not None}

    def create(self, case: NewCase) -> int:
        """Create a case; return its API ID.

        Raises:
            TargetError: As `HttpApi.send` does.
        """
        wary = Wary(f"test case {case.name!r}", None, self._on_wait, lambda: None)
        return self._client.api.create(
            ITEMS_PATH, self.body_of(case), look=lambda: self._look(case), wary=wary
        )

    def look_back(self, cases: Sequence[NewCase], created: Mapping[str, int]) -> LookedBack:
        """Look at what was created: whether it is there, under which key, and once.

        Args:
            cases: The cases.
            created: Their API IDs, by test.

        Raises:
            TargetError: As `HttpApi.send` does.
        """
        listed = {item.id: item for item in self._children()}
        for item_id in created.values():
            item = listed.get(item_id) or self._client.find_item(item_id)
            if item is not None:
                listed[item_id] = item
        items = {test: listed[each] for test, each in created.items() if each in listed}
        made = _by_test(listed.values(), (case for case in cases if case.test in items))
        return LookedBack(items, {test: twins for test, twins in made.items() if len(twins) > 1})

    def body_of(self, case: NewCase) -> Json:
        """Return what creates a case."""
        home, fields = self._home, {"name": sent_name(case.name), **self._home.values}
        description = home.item_type.find("description")
        if description is not None or not home.item_type.fields:
            is_plain = description is not None and description.is_plain
            fields["description"] = _plain_text(case) if is_plain else _rich_text(case)
        if case.steps and home.steps_field is not None:
            fields[home.steps_field.name] = [
                {"action": _short(action), "expectedResult": _short(expected), "notes": ""}
                for action, expected in case.steps
            ]
        return {
            "project": home.project.id,
            "itemType": home.item_type.id,
            "location": {"parent": {"item": home.container.id}},
            "fields": fields,
        }

    def _look(self, case: NewCase) -> Seen:
        """Look whether a case is in the set; a server that drops descriptions shows its name."""
        children = self._children()
        tells = self._home.item_type.find("description") is not None
        mark, name = _mark_of(case), sent_name(case.name)
        made = [
            item.id
            for item in children
            if (mark in words_of(item.description) if tells else item.name == name)
        ]
        return Seen(min(made, default=None), frozenset(item.id for item in children))

    def _children(self) -> list[Item]:
        path = children_path(self._home.container.id)
        return [read_item(row) for row in read_rows(self._client, path, (), Observer())]


_MARK = 'Automated test: "'
_QUOTES = 50
"""So many marks that begin at one place are looked at: a name may have quotes in it."""


def _by_test(items: Iterable[Item], cases: Iterable[NewCase]) -> dict[str, list[Item]]:
    """Return the items that say that they are for a test, the oldest first, by test."""
    tests = {_mark_of(case): case.test for case in cases}
    found: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda each: each.id):
        marks = _marks_in(words_of(item.description))
        for test in dict.fromkeys(tests[mark] for mark in marks if mark in tests):
            found.setdefault(test, []).append(item)
    return found


def _marks_in(words: str) -> Iterator[str]:
    """Yield what may be the marks in a description."""
    start = words.find(_MARK)
    while start >= 0:
        end = begin = start + len(_MARK)
        for _ in range(_QUOTES):
            end = words.find('"', end) + 1
            if not end:
                return
            yield words[start:end]
        start = words.find(_MARK, begin)


def _mark_of(case: NewCase) -> str:
    """Return what a case says of its test; the quotes tell where the name ends."""
    return " ".join(visible(clean(f'{_MARK}{case.test}"')).split())


def _rich_text(case: NewCase) -> str:
    texts: list[str] = []
    for part in filter(str.strip, case.description.split("\n\n")):
        room = _TEXT_CHARACTERS - sum(map(len, texts))
        if room < _LEAST_ROOM:
            break
        texts.append(rich_text(part.splitlines(), at_most=room))
    return "\n".join((*texts, rich_text([_mark_of(case)], at_most=_TEXT_CHARACTERS)))


def _plain_text(case: NewCase) -> str:
    return "\n\n".join(filter(None, (case.description[:_TEXT_CHARACTERS], _mark_of(case))))


def _short(text: str) -> str:
    return escaped(text, at_most=_TEXT_CHARACTERS).replace("\n", "<br />")
