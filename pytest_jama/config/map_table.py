"""Entries of the map ``tests:`` in a CSV file, as spreadsheet programs write it.

The first row names the columns: `test`, `case`, and perhaps `step`; all others are the users' own.
Each row is one link, and a test may have several rows. What is wrong is named by file and line.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.config.csv_layout import BrokenRowError, Layout, encode_like, read_csv
from pytest_jama.config.interpolation import InterpolationError, interpolate
from pytest_jama.config.settings_files import SettingsFile
from pytest_jama.config.yaml_nodes import line_of
from pytest_jama.core.case_map import MapEntry
from pytest_jama.core.cases import NO_CASE, BadReferenceError, CaseLink, parse_links, parse_step
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.test_ids import normal_form
from pytest_jama.core.text import counted, quoted, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from yaml.nodes import ScalarNode

    from pytest_jama.config.csv_layout import CsvRow
    from pytest_jama.config.interpolation import Lookup
    from pytest_jama.config.map_entries import LinkForms


class MapTable(NamedTuple):
    """What a file says.

    Attributes:
        path: The file.
        entries: Its entries, without those that are wrong.
        problems: What is wrong.
    """

    path: Path
    entries: Sequence[MapEntry] = ()
    problems: Sequence[Problem] = ()


def read_tables(
    names: Iterable[ScalarNode], file: SettingsFile, *, lookup: Lookup, forms: LinkForms
) -> list[MapTable]:
    """Read the files that a map names.

    Args:
        names: Their paths; a relative one is relative to the settings file.
        file: The settings file.
        lookup: What ``${NAME}`` stands for.
        forms: What a test can be linked to.
    """
    return [_read_named(node, file, lookup, forms) for node in names]


def _read_named(node: ScalarNode, file: SettingsFile, lookup: Lookup, forms: LinkForms) -> MapTable:
    origin = f"{file.label}:{line_of(node)}"
    try:
        name = interpolate(node.value, lookup).strip()
    except InterpolationError as exc:
        problem = Problem(f"tests.file {exc.message}", exc.remedy, origin)
        return MapTable(file.path, problems=[problem])
    path = file.path.parent / os.path.expanduser(name)  # noqa: PTH111 (a label keeps the text)
    label = os.path.normpath(os.path.join(os.path.dirname(file.label), name))  # noqa: PTH118, PTH120
    if not os.path.lexists(path):
        what = f"tests.file is {quoted(name)}, but there is no {path}"
        remedy = f"correct the path (a relative one is relative to {file.path.name})"
        return MapTable(path, problems=[Problem(what, remedy, origin)])
    named = f"the {file.path.name} that names it"
    return read_table(SettingsFile(path, label, file.named_by, named), forms)


def read_table(file: SettingsFile, forms: LinkForms) -> MapTable:
    """Read a file.

    Args:
        file: The file.
        forms: What a test can be linked to.
    """
    reader = _RowReader(file.label, forms)
    try:
        layout = Layout.find(read_csv(file), file.label)
    except SettingsError as exc:
        return MapTable(file.path, problems=exc.problems)
    entries = reader.read(layout)
    return MapTable(file.path, entries, reader.told())


def add_rows(file: SettingsFile, links: Mapping[str, str], forms: LinkForms) -> None:
    """Add rows to a file, and change nothing else in it.

    Args:
        file: The file.
        links: Test -> case reference(s).
        forms: What a test can be linked to.

    Raises:
        SettingsError: When that is not possible. Then nothing is changed.
    """
    before = read_table(file, forms)
    layout = Layout.find(read_csv(file), file.label)
    added = [(normal_form(key), parse_links(reference)) for key, reference in links.items()]
    wanted = [(normal_form(entry.key), entry.links) for entry in before.entries] + added

    def check(part: SettingsFile) -> None:
        after = read_table(part, forms)
        found = [(normal_form(entry.key), entry.links) for entry in after.entries]
        if after.problems or found != wanted:
            what = "rows cannot be added without a change to what they say"
            remedy = f"add them by hand: {shorten(', '.join(links), at_most=_KEYS_TOLD)}"
            raise SettingsError(Problem(what, remedy, file.label))

    file.replace(encode_like(layout.with_rows(links.items()), file.read()), check)


_KEYS_TOLD = 300


class _RowReader:
    """Makes entries of rows, and collects what is wrong with these.

    Args:
        label: The file, as messages name it.
        forms: What a test can be linked to.
    """

    def __init__(self, label: str, forms: LinkForms) -> None:
        self._label = label
        self._forms = forms
        self._entries: dict[str, MapEntry] = {}
        self._merged: dict[str, dict[CaseLink, None]] = {}
        self._problems: list[Problem] = []
        self._wrong = 0

    def read(self, layout: Layout) -> list[MapEntry]:
        """Return the entries, in the order in which their tests come."""
        columns, width = layout.columns(), len(layout.header.cells)
        try:
            for row in layout.rows():
                self._read_row(row, columns, width, layout.delimiter)
        except BrokenRowError as exc:
            remedy = "close the quotes that are opened there; quotes in a text are written twice"
            self._complain(exc.line, f"cannot be read from here on: {exc.reason}", remedy)
        for test, links in self._merged.items():
            self._entries[test] = self._entries[test]._replace(links=tuple(links))
        return list(self._entries.values())

    def told(self) -> list[Problem]:
        """Return what is wrong, as much of it as can be read."""
        left = self._wrong - len(self._problems)
        what = f"{counted(left, 'more row')} with mistakes"
        more = [Problem(what, "correct these first", self._label)] if left else []
        return self._problems + more

    def _complain(self, line: int, what: str, remedy: str) -> None:
        self._wrong += 1
        if self._wrong <= _MOST_TOLD:
            self._problems.append(Problem(what, remedy, f"{self._label}:{line}"))

    def _read_row(self, row: CsvRow, columns: Sequence[int], width: int, delimiter: str) -> None:
        cells = row.cells
        test, case, step = [cells[at].strip() if 0 <= at < len(cells) else "" for at in columns]
        if len(cells) > width and any(map(str.strip, cells[width:])):
            what = f"has {len(cells)} cells, and the first row {width}"
            self._complain(row.line, what, f"put quotes around a text with a {delimiter!r} in it")
        elif test and case:
            self._add(row.line, test, case, step)
        elif test:
            what = f"{quoted(test)} names no {self._forms.noun}"
            self._complain(row.line, what, f"write it, or none for no case; {_MERGED}")
        elif case or step:
            what = f"there is {quoted(case)} without a test" if case else "there is only a step"
            self._complain(row.line, what, f"write the test; {_MERGED}")

    def _add(self, line: int, test: str, case: str, step: str) -> None:
        try:
            links = self._read_links(case, step)
            if test in self._entries:
                self._merge(test, links)
            else:
                self._entries[test] = MapEntry(test, links, line, self._label)
        except BadReferenceError as exc:
            self._complain(line, f"{quoted(test)}: {exc.what}", exc.remedy)

    def _merge(self, test: str, links: tuple[CaseLink, ...]) -> None:
        merged = self._merged.setdefault(test, dict.fromkeys(self._entries[test].links))
        if NO_CASE in links or NO_CASE in merged:
            self._forms.check({*merged, *links})
        merged.update(dict.fromkeys(links))

    def _read_links(self, case: str, step: str) -> tuple[CaseLink, ...]:
        """Read what is in the cells of a row.

        Raises:
            BadReferenceError: When it has no usable form.
        """
        if "," in case and _THOUSANDS.fullmatch(case):
            what = f"{quoted(case)} can be one number or several"
            raise BadReferenceError(what, "write one without commas, several in a row each")
        try:  # for speed: nearly all are one reference
            links = self._forms.parse_quickly(case)
        except BadReferenceError:
            links = self._forms.parse(_BREAKS.sub(",", case))
            links = tuple(dict.fromkeys(links))
        if not links:
            raise BadReferenceError(f"names no {self._forms.noun}", "write one")
        if len(links) > 1:
            self._forms.check(links)
        return self._with_step(links, step) if step else links

    def _with_step(self, links: tuple[CaseLink, ...], step: str) -> tuple[CaseLink, ...]:
        if not self._forms.has_steps:
            what = f"has a step, which a {self._forms.noun} does not have"
            raise BadReferenceError(what, "leave the column empty")
        number = parse_step(step)
        if NO_CASE in links:
            raise BadReferenceError("has a step of none", "leave the step out")
        if any(link.step not in {None, number} for link in links):
            what = f"has two steps: {quoted(str(links[0]))} and {number}"
            raise BadReferenceError(what, "leave one of them out")
        return tuple(CaseLink(link.case_ref, number) for link in links)


_MOST_TOLD = 20
_MERGED = "of merged cells only one is saved"
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+", re.ASCII)
_BREAKS = re.compile(r"[;\r\n]+")
