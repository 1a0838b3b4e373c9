"""CSV as spreadsheet programs write it: whatever encoding, delimiter and line ends they choose."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import quoted, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.config.settings_files import SettingsFile

SAVE_AS = 'save it as "CSV UTF-8", or choose the character set UTF-8 when it is saved as CSV'
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What the files of Excel and LibreOffice begin with, new and old."""


def read_csv(file: SettingsFile) -> str:
    """Return the text of a file; also of one that Excel calls "Unicode text".

    Raises:
        SettingsError: When it cannot be read, or is not such a file.
    """
    content = file.read()
    if content.startswith(_WORKBOOKS):
        raise SettingsError(Problem("is a workbook, not CSV", SAVE_AS, file.label))
    if content[:2] in _UTF_16:
        text = content.decode("utf-16", errors="replace")
    else:
        text = file.text(SAVE_AS)
    if "\0" in text:
        raise SettingsError(Problem("is not a text: it has zero bytes", SAVE_AS, file.label))
    return text


def encode_like(text: str, content: bytes) -> bytes:
    """Return a text in the encoding that a file has.

    Args:
        text: The text.
        content: What is in the file.
    """
    mark = content[:2]
    if mark in _UTF_16:
        return mark + text.encode(_UTF_16[mark])
    return text.encode("utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "utf-8")


class BrokenRowError(Exception):
    """A row has quotes that are not closed, or too much in a cell: where it ends is not known.

    Args:
        line: Its first line in the file.
        reason: What is wrong.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


class CsvRow(NamedTuple):
    """A row that is not empty.

    Attributes:
        line: Its first line in the file.
        cells: Its texts.
    """

    line: int
    cells: Sequence[str]


class Layout(NamedTuple):
    """How a file is written.

    Attributes:
        text: Its text.
        start: Where its header begins: behind Excel's own first line, if it has that.
        delimiter: What stands between cells.
        header: Its first row.
    """

    text: str
    start: int
    delimiter: str
    header: CsvRow = CsvRow(1, ())

    @classmethod
    def find(cls, text: str, label: str) -> Layout:
        """Find out how a text is written; the columns must be there.

        Args:
            text: The text.
            label: The file, as messages name it.

        Raises:
            SettingsError: When they are not, or when one is there twice.
        """
        said = _SEPARATOR.match(text)
        start = said.end() if said else 0
        layouts = [cls(text, start, each) for each in (said[1] if said else _DELIMITERS)]
        read = [each._replace(header=each.first_row()) for each in layouts]
        found = max(read, key=lambda each: (each.has_all(), len(each.header.cells)))
        found.check(label)
        return found

    def has_all(self) -> bool:
        """Return whether all columns are there that must be."""
        return set(_NEEDED) <= set(self.names())

    def names(self) -> list[str]:
        """Return the names of the columns, as they are compared."""
        return [cell.strip().lower() for cell in self.header.cells]

    def columns(self) -> list[int]:
        """Return where `test`, `case` and `step` are, from 0; -1 for what is not there."""
        names = self.names()
        return [names.index(name) if name in names else -1 for name in _COLUMNS]

    def rows(self) -> Iterator[CsvRow]:
        """Yield the rows below the header that are not empty.

        Raises:
            BrokenRowError: When quotes are not closed.
        """
        return itertools.islice(self.all_rows(is_strict=True), 1, None)

    def first_row(self) -> CsvRow:
        """Return the first row that is not empty; an empty one when there is none."""
        with suppress(BrokenRowError):
            return next(self.all_rows(), CsvRow(1, ()))
        return CsvRow(1, ())

    def all_rows(self, *, is_strict: bool = False) -> Iterator[CsvRow]:
        """Yield all rows that are not empty, the header first."""
        lines = io.StringIO(self.text[self.start :], newline="")
        reader = csv.reader(lines, delimiter=self.delimiter, strict=is_strict)
        above = 1 if self.start else 0
        line = above + 1
        try:
            for cells in reader:
                if any(cells):
                    yield CsvRow(line, cells)
                line = above + reader.line_num + 1
        except csv.Error as exc:
            raise BrokenRowError(line, str(exc)) from exc

    def check(self, label: str) -> None:
        """Refuse a header in which columns are missing, or there twice."""
        names = self.names()
        origin = f"{label}:{self.header.line}"
        missing = [name for name in _NEEDED if name not in names]
        twice = [name for name in _COLUMNS if names.count(name) > 1]
        if missing:
            there = ", ".join(quoted(shorten(name, at_most=30)) for name in names[:_NAMES_TOLD])
            what = f"its first row has no {' and no '.join(missing)}: it is {there or 'empty'}"
            remedy = "name the columns there: test, case, and step where tests belong to steps"
            raise SettingsError(Problem(what, remedy, origin))
        if twice:
            what = f"two columns are named {twice[0]}"
            raise SettingsError(Problem(what, "rename one of them", origin))

    def with_rows(self, links: Iterable[tuple[str, str]]) -> str:
        """Return the text with more rows at its end, written as the others are.

        Args:
            links: What is in the columns `test` and `case`.
        """
        end = _LINE_END.search(self.text)
        line_end = end[0] if end else "\n"
        is_quoted = self.text.startswith('"', self.start)
        added = io.StringIO(newline="")
        writer = csv.writer(
            added,
            delimiter=self.delimiter,
            lineterminator=line_end,
            quoting=csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL,
        )
        test_at, case_at, _ = self.columns()
        for test, case in links:
            cells = {test_at: test, case_at: case}
            writer.writerow([cells.get(at, "") for at in range(len(self.header.cells))])
        is_ended = self.text.endswith(("\n", "\r"))
        return self.text + ("" if is_ended else line_end) + added.getvalue()


_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR = re.compile(r'"?sep=([^\w\s"]|\t)"?(?:\r\n|\r|\n)', re.IGNORECASE)
"""What may stand above the header for Excel: which character is between cells."""
_DELIMITERS = ",;\t"
_NEEDED = ("test", "case")
_COLUMNS = (*_NEEDED, "step")
_NAMES_TOLD = 8
