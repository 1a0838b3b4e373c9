"""IDs of test cases that tests have already: of Jama, or of another tool.

What is looked at: names of tests and of their parameters, docstrings, and the markers of other
tools. Only what has the form of Jama's document keys with a set of test cases in it, or stands in a
Jama address, is taken for Jama's; an ID of another tool is told as such, and never linked.

Tests that pytest could not collect are read from the text of their files alone: a plugin that is
not installed here, or a package that cannot be imported, hides neither them nor their IDs.
"""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    Function = ast.FunctionDef | ast.AsyncFunctionDef
    Marker = tuple[str, Sequence[str]]

_KEY = r"[A-Z][A-Z0-9_]*(?:-[A-Z][A-Z0-9_]*)+-[1-9][0-9]*"
"""A document key. Source: Jama REST API cookbook: that of the project, of the type, a number."""

_KEYS = re.compile(rf"(?<![A-Za-z0-9])({_KEY})(?![A-Za-z0-9])")
_IN_IDENTIFIER = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?P<project>[A-Z][A-Z0-9]*|[a-z][a-z0-9]*)_(?P<set>[A-Z]{2,8}|tc)_(?P<number>[1-9][0-9]*)"
    r"(?![A-Za-z0-9])"
)
_SET_OF_CASES = re.compile(r"[A-Z0-9_]*(?:TC|TCS|TEST|TST|VER|VAL)")
"""What the set of a key is called that is a test case by its looks alone: ``TC``, ``SYSTC``.

A parameter such as ``GET-HTTP-1`` has the form of a key, too.
"""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ITEM_ADDRESS = re.compile(r"perspective\.req\b.*[/=]([1-9][0-9]{2,18})(?![0-9])")
_OTHER_ID = re.compile(
    r"[A-Z][A-Z0-9_]*-[A-Z]?[0-9]+|(?:TC|[CTS])?[0-9]{1,10}", re.ASCII | re.IGNORECASE
)
_PUNCTUATION = re.compile(r"[\s,;\[\]{}()'\"]+")

_LINKING = "Allure"
_TOOLS: Sequence[tuple[str, re.Pattern[str]]] = tuple(
    (tool, re.compile(pattern, re.IGNORECASE))
    for tool, pattern in (
        (_LINKING, r"allure"),
        ("TestRail", r"testrail"),
        ("Xray", r"xray|test_?key"),
        ("Polarion", r"polarion"),
        ("Zephyr", r"zephyr|adaptavist"),
        ("Qase", r"qase"),
        ("Testomat", r"testomat"),
        ("TestLink", r"testlink"),
        ("Jira", r"jira"),
        ("test case", r"(?:^|[_.])(?:test_?case|case|tc|tms)(?:_?(?:id|key)s?|s)?$"),
    )
)
_NAMES_NO_CASE = re.compile(
    r"(?:issue|bug|defect|severity|owner|tag|feature|story|epic)", re.IGNORECASE
)
"""In the name of a marker, or behind `link_type=` and `label_type=` of those of Allure."""

_KIND_OF_MARK = re.compile(r"(?:link|label)_type=(.*)")
_CASE_LABELS = ("link", "tms", "test_case", "as_id", "id", "allure_id")
"""Source: allure-python-commons, `LinkType` and `LabelType`."""

_AT_BEGIN_OF_NAME = re.compile(r"\[?([A-Z][A-Z0-9]+-[0-9]+)(?:\]|[:\s_]|$)")
_STANDARDS = re.compile(
    "AES|ASCII|BASE|BUG|CP|CRC|CVE|EN|GH|HTTP|IEC|IEEE|ISO|LATIN|MD|PEP|PY|RFC|SHA|TLS|UCS|UTF"
)
"""What looks like the ID of a test case at the begin of a name, and is not: ``UTF-8``."""

_TESTRAIL_IN_NAME = re.compile(r"(?:\[|(?<![A-Za-z0-9\[-]))(C[1-9][0-9]+)(?![A-Za-z0-9])")
_SHORT_KEY = re.compile(r"(?<![A-Za-z0-9_-])(TC-[1-9][0-9]*)(?![A-Za-z0-9])")
_IN_DOCSTRING = re.compile(
    r"\b(test ?rail|xray|polarion|zephyr|qase|test ?case(?: ?id)?)\b\s*(?:id|key)?\s*[:=#]\s*"
    r"([A-Z][A-Z0-9_]*-[A-Z]?[0-9]+|C?[0-9]+)\b",
    re.IGNORECASE,
)


class KnownIds(NamedTuple):
    """What a test says of test cases.

    Attributes:
        refs: References that Jama may know: document keys, API IDs out of Jama's addresses.
        others: IDs of other tools, with the name of the tool before them: ``TestRail C123``.
        in_name: Those of `refs` that stand in the test's name just as they are.
    """

    refs: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    in_name: tuple[str, ...] = ()


def find_ids(name: str, *, docstring: str = "", markers: Iterable[Marker] = ()) -> KnownIds:
    """Return the IDs of one test.

    Args:
        name: Its name, parameters included.
        docstring: Its docstring.
        markers: Name and arguments of its markers, the nearest first.
    """
    in_name = tuple(_keys_in(name))
    identifiers = map(_key_of, _IN_IDENTIFIER.finditer(name.partition("[")[0]))
    marked = list(_ids_of_markers(markers))
    refs = (
        *in_name,
        *filter(_is_of_case, identifiers),
        *(each for tool, each in marked if not tool),
        *_keys_in(docstring),
    )
    others = (
        *(f"{tool} {each}" for tool, each in marked if tool),
        *_others_in_name(name),
        *_others_in_docstring(docstring),
    )
    return KnownIds(tuple(dict.fromkeys(refs)), tuple(dict.fromkeys(others)), in_name)


def _keys_in(text: str) -> list[str]:
    """Return the keys of test cases in a text; parameters are joined by hyphens, too."""
    keys = ("-".join(each.split("-")[-3:]) for each in _KEYS.findall(text))
    return [each for each in keys if _is_of_case(each)]


def _is_of_case(key: str) -> bool:
    """Return whether a document key is that of a test case, by the looks of its set."""
    return bool(_SET_OF_CASES.fullmatch(key.split("-")[-2]))


def _key_of(match: re.Match[str]) -> str:
    return "-".join((match["project"], match["set"], match["number"])).upper()


def _others_in_name(name: str) -> Iterator[str]:
    yield from (f"TestRail {each}" for each in _TESTRAIL_IN_NAME.findall(name))
    found = _AT_BEGIN_OF_NAME.match(name)
    if found and not _STANDARDS.fullmatch(found[1].partition("-")[0]):
        yield f"test case {found[1]}"
    yield from (f"test case {each}" for each in _SHORT_KEY.findall(name))


def _others_in_docstring(docstring: str) -> Iterator[str]:
    for tool, found in _IN_DOCSTRING.findall(docstring):
        named = next((name for name, pattern in _TOOLS if pattern.search(tool)), "test case")
        yield f"{named} {found}"
    yield from (f"test case {each}" for each in _SHORT_KEY.findall(docstring))


def _ids_of_markers(markers: Iterable[Marker]) -> Iterator[tuple[str, str]]:
    """Yield tool and ID; without a tool it may be Jama's. The nearest marker of a tool counts."""
    seen = set()
    for name, arguments in markers:
        tool = _tool_of(name, arguments)
        if not tool or (tool, name) in seen:
            continue
        each_found = [found for text in arguments if (found := list(_ids_in(text)))]
        # the name of a link says again what its address says
        found = [each for some in each_found[: 1 if tool == _LINKING else None] for each in some]
        if found:
            seen.add((tool, name))
        yield from (("" if is_ours else tool, each) for is_ours, each in found)


def _tool_of(marker: str, arguments: Sequence[str]) -> str:
    if marker == "jama" or _NAMES_NO_CASE.search(marker):
        return ""
    kinds = [found[1].lower() for each in arguments if (found := _KIND_OF_MARK.fullmatch(each))]
    if any(kind not in _CASE_LABELS for kind in kinds):
        return ""
    return next((tool for tool, pattern in _TOOLS if pattern.search(marker)), "")


def _ids_in(argument: str) -> Iterator[tuple[bool, str]]:
    """Yield the IDs in an argument, and whether Jama may know them."""
    if _KIND_OF_MARK.fullmatch(argument):
        return
    text = argument.partition("=")[2] if re.match(r"\w+=", argument) else argument
    words = [word for word in _PUNCTUATION.split(text) if word]
    keys = [word for word in words if _KEYS.fullmatch(word)]
    if keys and len(keys) == len(words):
        yield from ((True, each) for each in keys)
    elif found := _keys_in(text):
        yield from ((True, each) for each in found)
    elif _ADDRESS.search(text):
        yield from _ids_in_address(text)
    elif all(map(_OTHER_ID.fullmatch, words)):
        yield from ((False, each) for each in words)


def _ids_in_address(text: str) -> Iterator[tuple[bool, str]]:
    item = _ITEM_ADDRESS.search(text.partition("?projectId")[0])
    last = re.split(r"[/?#=]", text.rstrip("/"))[-1]
    if item:
        yield True, item[1]
    elif _OTHER_ID.fullmatch(last):
        yield False, last


def name_pattern(refs: Iterable[str]) -> str:
    """Return the regular expression that finds document keys such as these in names.

    Args:
        refs: Document keys.
    """
    stems = sorted({ref.rpartition("-")[0] for ref in refs})
    stem = stems[0] if len(stems) == 1 else f"(?:{'|'.join(stems)})"
    return rf"(?<![A-Za-z0-9])(?P<case>{stem}-[0-9]+)(?![A-Za-z0-9])"


_MOST_BYTES = 2_000_000


class WrittenTest(NamedTuple):
    """A test as its file has it.

    Attributes:
        test_id: Its ID; of its parameters it has only those that hold a document key.
        docstring: Its docstring.
        markers: Name and arguments of its decorators, and of those around it, the nearest first.
    """

    test_id: str
    docstring: str
    markers: tuple[Marker, ...]


def read_tests(file: Path, *, root: Path) -> Iterator[WrittenTest]:
    """Yield the tests of a file by pytest's usual names; none of one that is not Python.

    Args:
        file: The file.
        root: What test IDs are relative to.
    """
    try:
        if file.stat().st_size > _MOST_BYTES:
            return
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    path = os.path.relpath(file, root).replace(os.sep, "/")
    yield from _tests_in(tree.body, path, _marks_of_module(tree.body))


def _tests_in(
    body: Sequence[ast.stmt], above: str, marks: tuple[Marker, ...]
) -> Iterator[WrittenTest]:
    for node in body:
        if isinstance(node, ast.ClassDef) and (node.name.startswith("Test") or _is_unittest(node)):
            inner = (*_marks_of(node), *_marks_of_module(node.body), *marks)
            yield from _tests_in(node.body, f"{above}::{node.name}", inner)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_test(node):
            docstring = ast.get_docstring(node) or ""
            names = [f"{node.name}[{each}]" for each in _named_parameters(node)]
            for name in names or [node.name]:
                yield WrittenTest(f"{above}::{name}", docstring, (*_marks_of(node), *marks))


def _named_parameters(node: Function) -> list[str]:
    """Return the texts in ``parametrize`` that hold a document key, as names of parameters do."""
    texts = [
        each.value
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and _dotted(decorator.func).endswith("parametrize")
        for each in ast.walk(decorator)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    return [text for text in dict.fromkeys(texts) if _keys_in(text)]


def _is_test(node: Function) -> bool:
    return node.name.startswith("test")


def _is_unittest(node: ast.ClassDef) -> bool:
    return any(_dotted(base).endswith("TestCase") for base in node.bases)


def _marks_of(node: ast.ClassDef | Function) -> Iterator[Marker]:
    for decorator in node.decorator_list:
        yield from _marks_in(decorator)


def _marks_of_module(body: Sequence[ast.stmt]) -> tuple[Marker, ...]:
    """Return what ``pytestmark = ...`` says."""
    values = [
        node.value
        for node in body
        if isinstance(node, ast.Assign)
        and any(isinstance(each, ast.Name) and each.id == "pytestmark" for each in node.targets)
    ]
    return tuple(mark for value in values for mark in _marks_in(value))


def _marks_in(value: ast.expr) -> Iterator[Marker]:
    if isinstance(value, ast.List | ast.Tuple):
        for each in value.elts:
            yield from _marks_in(each)
    elif isinstance(value, ast.Call):
        name = _dotted(value.func).removeprefix("pytest.mark.")
        given = [_text(each) for each in value.args]
        given += [f"{each.arg}={_text(each.value)}" for each in value.keywords if each.arg]
        yield name, tuple(given)


def _dotted(value: ast.expr) -> str:
    if isinstance(value, ast.Attribute):
        return f"{_dotted(value.value)}.{value.attr}".lstrip(".")
    return value.id if isinstance(value, ast.Name) else ""


def _text(value: ast.expr) -> str:
    try:
        return str(ast.literal_eval(value))
    except (ValueError, TypeError, MemoryError, RecursionError):
        return ""
