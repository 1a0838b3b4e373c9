"""New entries of the map ``tests:``, written into the file of a user without a change to the rest.

The text of the entries is put in at one place, so that comments, order, quotes, blanks and line
ends around it stay byte for byte. What comes out is read again before it is written: all that the
file said must be there as before, and the new entries. Else nothing is written.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from pytest_jama.config.csv_layout import encode_like
from pytest_jama.config.map_entries import forms_of
from pytest_jama.config.map_table import add_rows
from pytest_jama.config.settings_files import SettingsFile, find_kinds
from pytest_jama.config.variables import Variables
from pytest_jama.config.yaml_file import TESTS, parse_mapping, read_file_layer
from pytest_jama.config.yaml_nodes import is_null, is_plain, line_of, pairs_of
from pytest_jama.core.case_map import CaseMap
from pytest_jama.core.cases import BadReferenceError, parse_links
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.test_ids import normal_form
from pytest_jama.core.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from yaml.nodes import Node


def add_links(settings_file: Path, links: Mapping[str, str]) -> Path:
    """Add entries to the map of a settings file; those that it has already are left out.

    They go into the file that the map names, the first one, if it names any.

    Args:
        settings_file: The file, which is there; a symbolic link stays one.
        links: Key of the map -> case reference(s), as they are to stand in the file.

    Returns:
        The file that was written.

    Raises:
        SettingsError: When a key has another entry, a reference has no usable form, or the file
            cannot be read, kept as it is, or written. Then nothing is changed.
    """
    kind = find_kinds(settings_file.parent, settings_file)[0]
    lookup = Variables(os.environ, settings_file.parent).look_up
    file = SettingsFile(settings_file, str(settings_file))
    layer = read_file_layer(file.path, label=file.label, lookup=lookup, overridden={}, kind=kind)
    if layer.problems:
        raise SettingsError(*layer.problems)
    missing = dict(_find_missing(layer.values.get(TESTS), links, file.label))
    if layer.map_files:
        file = SettingsFile(layer.map_files[0], str(layer.map_files[0]))
    if missing and layer.map_files:
        add_rows(file, missing, forms_of(kind))
    elif missing:
        _add_entries(file, missing)
    return file.path


def _find_missing(
    test_map: object, links: Mapping[str, str], label: str
) -> Iterator[tuple[str, str]]:
    """Yield the entries that a map does not have yet.

    Raises:
        SettingsError: When one of the others says something else, or a reference is none.
    """
    known = dict(test_map.items()) if isinstance(test_map, CaseMap) else {}
    problems = []
    for key, reference in links.items():
        entry = known.get(normal_form(key))
        try:
            wanted = parse_links(reference)
        except BadReferenceError as exc:
            problems.append(Problem(f"{quoted(key)}: {exc.what}", exc.remedy, label))
            continue
        if entry is None:
            yield key, reference
        elif entry.links != wanted:
            what = f"{quoted(key)} is in the map already"
            remedy = f"add {reference} to it by hand"
            problems.append(Problem(what, remedy, f"{entry.file or label}:{entry.line}"))
    if problems:
        raise SettingsError(*problems)


def _add_entries(file: SettingsFile, links: Mapping[str, str]) -> None:
    text = file.text()
    extended = _extend(text, parse_mapping(text, file.label), links, file.label)
    file.replace(encode_like(extended, file.read()))


def _extend(text: str, root: MappingNode, links: Mapping[str, str], label: str) -> str:
    """Return the text with more entries.

    Raises:
        SettingsError: When anything else would be changed by that.
    """
    _, tests = pairs_of(root).get(TESTS, (None, None))
    if tests is None or is_null(tests) or isinstance(tests, MappingNode):
        extended = _piece(text, root, links).put_into(text)
        with suppress(SettingsError, UnicodeEncodeError):
            extended.encode("utf-8")
            if _is_kept(root, parse_mapping(extended, label), links):
                return extended
    node, _ = pairs_of(root).get(TESTS, (root, root))
    raise SettingsError(
        Problem(
            "entries cannot be added to `tests` without a change to something else",
            "write it without anchors, aliases and braces, one entry a line",
            f"{label}:{line_of(node)}",
        )
    )


def _is_kept(old: MappingNode, new: MappingNode, links: Mapping[str, str]) -> bool:
    """Return whether a tree says what the old one said, and the links."""
    before, after = _facts_of(old), _facts_of(new)
    tests = after.get(TESTS)
    if not isinstance(tests, dict):
        return False
    added = {key: tests.pop(key, None) for key in links}
    if not isinstance(before.get(TESTS), dict):
        before[TESTS] = {}
    return before == after and all(
        isinstance(fact, _Scalar) and fact.text == links[key] and not fact.is_null
        for key, fact in added.items()
    )


class _Scalar(NamedTuple):
    """What counts of a key or value: its text, and whether it can be more than a text."""

    text: str
    is_null: bool
    is_plain: bool
    tag: str


def _facts_of(node: MappingNode) -> dict[str, Any]:
    return {key: _facts(value) for key, (_, value) in pairs_of(node).items()}


def _facts(node: Node) -> dict[str, Any] | list[Any] | _Scalar:
    if isinstance(node, MappingNode):
        return _facts_of(node)
    if isinstance(node, SequenceNode):
        return [_facts(item) for item in node.value]
    return _Scalar(node.value, is_null(node), is_plain(node), node.tag)


class _Piece(NamedTuple):
    """Text that is put into another one.

    Attributes:
        start: Where, counted from 0.
        end: The end of what it replaces; `start` where it replaces nothing.
        text: What is put there.
    """

    start: int
    end: int
    text: str

    def put_into(self, text: str) -> str:
        """Return a text with this one in it."""
        return text[: self.start] + self.text + text[self.end :]


def _piece(text: str, root: MappingNode, links: Mapping[str, str]) -> _Piece:
    """Return the entries as they fit into a text, and where."""
    pair = next((pair for pair in root.value if pair[0].value == TESTS), None)
    tests = pair[1] if pair else None
    if isinstance(tests, MappingNode) and tests.value:
        entries = _entries(links, tests)
        return (_between if tests.flow_style else _under)(text, tests, entries)
    if not root.flow_style:
        return _under_key(text, root, tests, _entries(links, root))
    entries = _entries(links, root)
    braces = f"{{{', '.join(entries)}}}"
    if tests is None:
        quote = _quote_of(key for key, _ in root.value)
        return _between(text, root, [f"{_scalar(TESTS, quote)}: {braces}"])
    start, end = tests.start_mark.index, tests.end_mark.index
    return _Piece(start, end, braces if start < end else f" {braces}")


def _under(text: str, tests: MappingNode, entries: Sequence[str]) -> _Piece:
    """Put entries below those of a map, each on its line."""
    indent = _indent_at(text, tests.value[0][0].start_mark.index)
    lines = text[: tests.end_mark.index].splitlines(keepends=True)
    while _is_empty(lines[-1]):
        lines.pop()
    at = _after_comments(text, sum(map(len, lines)), len(indent))
    return _Piece(at, at, _on_lines(text, at, _indented(entries, indent)))


def _under_key(text: str, root: MappingNode, tests: Node | None, entries: Sequence[str]) -> _Piece:
    """Put entries below a key ``tests:`` that has none yet, or below all others with that key."""
    indent = _indent_at(text, root.value[0][0].start_mark.index)
    lines = _indented(entries, f"{indent}  ")
    if tests is None:
        at = root.end_mark.index
        at -= len(text[:at]) - len(text[:at].rstrip(" "))
        return _Piece(at, at, _on_lines(text, at, ["", f"{indent}{TESTS}:", *lines]))
    at = _after_comments(text, _end_of_line(text, tests.end_mark.index), len(indent) + 1)
    rest = text[tests.end_mark.index : at]
    start = len(text[: tests.start_mark.index].rstrip(" "))
    return _Piece(start, at, rest + _on_lines(text, at, lines))


def _between(text: str, node: MappingNode, entries: Sequence[str]) -> _Piece:
    """Put entries into braces: behind the last one, or before it where something belongs to it."""
    key, value = node.value[-1]
    start, end = key.start_mark.index, value.end_mark.index
    indent = _indent_at(text, start)
    is_on_its_line = not text[_start_of_line(text, start) : start].strip()
    comma = f",{_line_end(text)}{indent}" if is_on_its_line else ", "
    if value.start_mark.index < start or "#" in text[end : _end_of_line(text, end)]:
        return _Piece(start, start, "".join(entry + comma for entry in entries))
    return _Piece(end, end, "".join(comma + entry for entry in entries))


def _on_lines(text: str, at: int, lines: Sequence[str]) -> str:
    end = _line_end(text)
    is_within = at > 0 and text[at - 1] not in "\r\n"
    return (end if is_within else "") + "".join(line + end for line in lines)


def _indented(entries: Sequence[str], indent: str) -> list[str]:
    return [indent + line for entry in entries for line in entry.split("\n")]


def _line_end(text: str) -> str:
    found = _LINE_END.search(text)
    return found[0] if found else "\n"


_LINE_END = re.compile(r"\r\n|\r|\n")


def _start_of_line(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _end_of_line(text: str, at: int) -> int:
    """Return where the next line begins."""
    found = _LINE_END.search(text, at)
    return found.end() if found else len(text)


def _indent_at(text: str, at: int) -> str:
    line = text[_start_of_line(text, at) : at]
    return line[: len(line) - len(line.lstrip(" "))]


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _after_comments(text: str, at: int, indent: int) -> int:
    """Return where the comments end that stand under an entry, as far in as it does."""
    while text[at : at + indent].isspace() and text[at:].lstrip(" ").startswith("#"):
        at = _end_of_line(text, at)
    return at


def _entries(links: Mapping[str, str], like: MappingNode) -> list[str]:
    """Return the entries as YAML, with quotes where the others have them."""
    of_key = _quote_of(key for key, _ in like.value)
    is_tight = bool(like.flow_style)
    of_value = _quote_of(value for _, value in like.value) or (of_key if is_tight else "")
    entries = []
    for name, reference in links.items():
        key = _scalar(name, of_key, is_tight=is_tight)
        value = _scalar(reference, of_value, is_tight=is_tight)
        between = " " if is_tight else "\n"
        is_long = len(key) > _LONGEST_KEY
        entries.append(f"? {key}{between}: {value}" if is_long else f"{key}: {value}")
    return entries


_LONGEST_KEY = 1000
"""YAML allows 1,024 characters before the colon."""


def _quote_of(nodes: Iterable[Node]) -> str:
    """Return the quotes that all of some texts have; nothing where they differ."""
    styles = {getattr(node, "style", None) for node in nodes if isinstance(node, ScalarNode)}
    style = styles.pop() if len(styles) == 1 else None
    return style if style in {"'", '"'} else ""


def _scalar(text: str, quote: str, *, is_tight: bool = False) -> str:
    """Return a text as YAML.

    Args:
        text: The text.
        quote: The quotes that it is to have; nothing for none, where it needs none.
        is_tight: Whether it stands in braces.
    """
    is_plain = text.isprintable() and (_TIGHT if is_tight else _PLAIN).fullmatch(text)
    if not quote and is_plain:
        return text
    if quote == "'" and text.isprintable():
        return "'{}'".format(text.replace("'", "''"))
    return '"{}"'.format("".join(map(_escaped, text)))


_TIGHT = re.compile(r"[\w./][\w./-]*", re.ASCII)
_PLAIN = re.compile(r"[\w./](?:(?:[^:#]|:(?! |$)|(?<! )#)*[^: ])?")


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    number = ord(character)
    written = f"\\u{number:04x}" if number <= _LAST_OF_FOUR_DIGITS else f"\\U{number:08x}"
    return character if character.isprintable() else written


_LAST_OF_FOUR_DIGITS = 0xFFFF
