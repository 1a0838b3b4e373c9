"""New test cases for tests that have none: found by what they say of their test, else created.

The description of each ends with the name of its test, and with a hash of it where the name has
anything that rich text may show otherwise. By that a case is known again whose answer was lost, or
that an earlier command created before it was broken off; no case is ever changed.
Source: Jama REST API cookbook, items chapter; the published OpenAPI document, `RequestItem`.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.port import Observer
from pytest_jama.core.text import clean, shorten, visible
from pytest_jama.targets.http.creation import Seen, Wary
from pytest_jama.targets.jama.actual_results import escaped, rich_text, words_of
from pytest_jama.targets.jama.case_places import children_path
from pytest_jama.targets.jama.named_creation import sent_name
from pytest_jama.targets.jama.traceability import items_of_types, read_rows
from pytest_jama.targets.jama.wire import read_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

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
        items: What is there, by test; of twins the oldest, which every command takes.
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
        self._made: set[int] = set()

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
            _one_line(item.name): item
            for item in self._children()
            if not _sign_in(item.description)
        }
        named = ((case.test, by_name.get(_one_line(sent_name(case.name)))) for case in cases)
        return {test: item for test, item in named if item is not None}

    def create(self, case: NewCase) -> int:
        """Create a case; return its API ID.

        Raises:
            TargetError: As `HttpApi.send` does.
        """
        wary = Wary(f"test case {case.name!r}", None, self._on_wait, lambda: None)
        made = self._client.api.create(
            ITEMS_PATH, self.body_of(case), look=lambda: self._look(case), wary=wary
        )
        self._made.add(made)
        return made

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
        oldest = {test: each[0] for test, each in made.items()}
        twins = {test: each for test, each in made.items() if len(each) > 1}
        return LookedBack({**items, **oldest}, twins)

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
        """Look whether a case is in the set; a server that drops descriptions shows its name.

        What is known as the case of another test is not looked at: names can be alike.
        """
        children = self._children()
        tells = self._home.item_type.find("description") is not None
        sign, name = _sign_of(case.test), _one_line(sent_name(case.name))
        made = [
            item.id
            for item in children
            if item.id not in self._made
            and (sign == _sign_in(item.description) if tells else _one_line(item.name) == name)
        ]
        return Seen(min(made, default=None), frozenset(item.id for item in children))

    def _children(self) -> list[Item]:
        path = children_path(self._home.container.id)
        return [read_item(row) for row in read_rows(self._client, path, (), Observer())]


_MARK = re.compile(
    r'Automated test (?P<hash>[0-9a-f]{16}): "|Automated test: "(?=(?P<test>[^"]*)")'
)
"""The second form is for names of which nothing can be rewritten."""

_KEPT = re.compile(
    r"(?!.*(?:--|\.\.|://|www\.|  |\[ | \]))[\w./:\[\](),=+-][\w./:\[\](),=+ -]*", re.ASCII
)
"""Names that stay what they are as HTML, as plain text and in an editor of rich text."""

_LONGEST_KEPT = 500


def _by_test(items: Iterable[Item], cases: Iterable[NewCase]) -> dict[str, list[Item]]:
    """Return the items that say that they are for a test, the oldest first, by test."""
    tests = {_sign_of(case.test): case.test for case in cases}
    found: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda each: each.id):
        test = tests.get(_sign_in(item.description))
        if test is not None:
            found.setdefault(test, []).append(item)
    return found


def _sign_in(description: str) -> str:
    """Return the sign of the test that a description names last; empty when it names none.

    It is HTML, or plain text in which words may look like tags. A docstring may have such a line,
    too, copied from another case: it stands above.
    """
    for text in (words_of(description), _one_line(description)):
        marks = list(_MARK.finditer(text))
        if marks:
            return f"#{marks[-1]['hash']}" if marks[-1]["hash"] else marks[-1]["test"]
    return ""


def _sign_of(test: str) -> str:
    """Return what tells a test from all others: its name, or where that may change its hash."""
    if len(test) <= _LONGEST_KEPT and _KEPT.fullmatch(test) and test[-1] != " ":
        return test
    return f"#{hashlib.sha256(test.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _mark_of(case: NewCase) -> str:
    """Return what a case says of its test."""
    sign = _sign_of(case.test)
    if not sign.startswith("#"):
        return f'Automated test: "{sign}"'
    shown = _one_line(visible(clean(case.test))).replace('"', "'")
    return f'Automated test {sign[1:]}: "{shorten(shown, at_most=_LONGEST_KEPT)}"'


def _one_line(text: str) -> str:
    return " ".join(text.split())


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
