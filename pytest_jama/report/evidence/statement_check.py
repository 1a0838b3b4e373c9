"""A manifest that somebody hands in: read with care, compared with one that is made anew. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import quoted, shorten
from pytest_jama.report.evidence.case_evidence import CaseStatus
from pytest_jama.report.evidence.deviation_kinds import KINDS
from pytest_jama.report.evidence.statement import (
    OWN_FIELD,
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    NamedDigest,
)
from pytest_jama.report.evidence.statement_facts import OWN_FORMAT, Json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REMEDY = "name a file that pytest-jama manifest wrote"
_SHA256 = re.compile("[0-9a-f]{64}")
_SHOWN = 200


class StatedJournal(NamedTuple):
    """A journal that a manifest was made from: its name, its hash, how many bytes it had."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A statement of ours, as far as it can be used.

    Attributes:
        statement: All of it.
        journals: The journals that it was made from.
        files: What else it is about.
    """

    statement: Json
    journals: tuple[StatedJournal, ...]
    files: tuple[NamedDigest, ...]

    @property
    def own(self) -> Mapping[str, Any]:
        """The facts for which in-toto has no field."""
        return _mapping(_mapping(self.statement.get("predicate")).get(OWN_FIELD))

    @property
    def server(self) -> str:
        """The URL that the results went to; may be empty."""
        return str(self.own.get("server") or "")


def read_manifest(content: bytes, where: str) -> Manifest:
    """Read a manifest.

    Args:
        content: The file.
        where: Its name, for messages.

    Raises:
        SettingsError: When it is not JSON, not a statement, or not one of ours.
    """
    statement = _parse(content, where)
    kind = statement.get("_type")
    if kind != STATEMENT_TYPE:
        what = f"is not an in-toto Statement v1: _type is {_told(kind)}"
        if "payloadType" in statement or "dsseEnvelope" in statement:
            what = "is a signed envelope, and not the statement in it"
        raise _refused(what, where)
    kind = statement.get("predicateType")
    if kind != PREDICATE_TYPE:
        raise _refused(f"predicateType is {_told(kind)}, and not {PREDICATE_TYPE}", where)
    manifest = Manifest(statement, (), ())
    version = manifest.own.get("format")
    if version != OWN_FORMAT or isinstance(version, bool):
        what = (
            f"predicate.{OWN_FIELD}.format is {_told(version)}, and this version knows {OWN_FORMAT}"
        )
        raise _refused(what, where)
    stated = [_mapping(each) for each in _list(manifest.own.get("journals"))]
    named = list(_named_digests(statement))
    if len(named) < len(stated) or not stated:
        raise _refused("subject names no journal, or not all of them", where)
    if [file.name for file, _ in zip(named, stated, strict=False)] != [
        each.get("name") for each in stated
    ]:
        raise _refused("subject names other journals than its own facts do", where)
    journals = tuple(
        StatedJournal(*file, _number(each.get("size")))
        for file, each in zip(named, stated, strict=False)
    )
    return Manifest(statement, journals, tuple(named[len(stated) :]))


def _parse(content: bytes, where: str) -> Json:
    try:
        text = content.decode("utf-8-sig")
        statement = json.loads(text, object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as exc:
        where = f"{where}:{exc.lineno}:{exc.colno}"
        raise _refused(f"is not JSON: {exc.msg}", where) from exc
    except UnicodeDecodeError as exc:
        raise _refused(f"is not UTF-8 text: byte {exc.start} is not", where) from exc
    except _TwiceError as exc:
        raise _refused(f"has the field {quoted(str(exc))} twice in one object", where) from exc
    except (RecursionError, ValueError) as exc:
        raise _refused("is not JSON that can be read", where) from exc
    if not isinstance(statement, dict):
        raise _refused("is not a JSON object", where)
    return statement


class _TwiceError(Exception):
    """A field stands twice in an object: readers would take different ones."""


def _without_repetition(pairs: list[tuple[str, Any]]) -> Json:
    found: Json = {}
    for name, value in pairs:
        if name in found:
            raise _TwiceError(name)
        found[name] = value
    return found


def _refused(what: str, where: str) -> SettingsError:
    return SettingsError(Problem(what, _REMEDY, where))


def _named_digests(statement: Json) -> Iterator[NamedDigest]:
    """Yield the subjects with a name and a SHA-256: journals first, then files."""
    for subject in map(_mapping, _list(statement.get("subject"))):
        name, sha256 = subject.get("name"), _mapping(subject.get("digest")).get("sha256")
        if isinstance(name, str) and isinstance(sha256, str) and _SHA256.fullmatch(sha256):
            yield NamedDigest(name, sha256)


class FieldDifference(NamedTuple):
    """A field of a manifest that says something else than the journal.

    Attributes:
        field: Where it stands: ``predicate.result``.
        stated: What the manifest says.
        found: What follows from the journal.
    """

    field: str
    stated: str
    found: str


def find_contradictions(manifest: Manifest) -> Iterator[FieldDifference]:
    """Yield what a manifest states better than its own facts allow: they are all there is of it.

    Args:
        manifest: One whose journals were not found.
    """
    predicate = _mapping(manifest.statement.get("predicate"))
    cases = [_mapping(each) for each in _list(manifest.own.get("cases"))]
    planned = [each for each in cases if each.get("planned") is not False]
    is_open = {
        str(each.get("kind"))
        for each in map(_mapping, _list(manifest.own.get("deviations")))
        if each.get("open") is not False
    }
    has_passed = bool(planned) and all(each.get("status") == _PASSED for each in planned)
    result = (
        "FAILED" if not has_passed or is_open - _WARNINGS else "WARNED" if is_open else "PASSED"
    )
    stated = predicate.get("result")
    if stated not in _RESULTS[_RESULTS.index(result) :]:
        yield FieldDifference("predicate.result", _told(stated), _told(result))
    failed = _list(predicate.get("failedTests"))
    for case in cases:
        if case.get("status") not in (_PASSED, _NOT_RUN) and case.get("case") not in failed:
            yield FieldDifference("predicate.failedTests", _NOTHING, _told(case.get("case")))


_RESULTS = ("PASSED", "WARNED", "FAILED")
_PASSED, _NOT_RUN = CaseStatus.PASSED.word, CaseStatus.NOT_RUN.word
_WARNINGS = {each.name for each in KINDS if each.is_warning}
_NOTHING = "nothing"
_KEYS = ("case", "run", "session", "number", "name", "sha256")
"""By which of its fields an object of a list is named, where all of them have another value."""


def find_differences(stated: object, found: object, field: str = "") -> Iterator[FieldDifference]:
    """Yield where two JSON values differ, each place once.

    Args:
        stated: What the manifest says.
        found: What it is made anew.
        field: Where they stand.
    """
    if isinstance(stated, dict) and isinstance(found, dict):
        for name in dict.fromkeys((*found, *stated)):
            yield from _of_member(stated, found, name, f"{field}.{name}" if field else str(name))
    elif isinstance(stated, list) and isinstance(found, list):
        yield from _of_lists(stated, found, field)
    elif stated != found or type(stated) is not type(found):
        yield FieldDifference(field, _told(stated), _told(found))


def _of_member(
    stated: Mapping[object, Any], found: Mapping[object, Any], name: object, field: str
) -> Iterator[FieldDifference]:
    if name not in stated:
        yield FieldDifference(field, _NOTHING, _told(found[name]))
    elif name not in found:
        yield FieldDifference(field, _told(stated[name]), _NOTHING)
    else:
        yield from find_differences(stated[name], found[name], field)


def _of_lists(stated: list[Any], found: list[Any], field: str) -> Iterator[FieldDifference]:
    one, other = _by_key(stated), _by_key(found)
    if one is None or other is None:
        one, other = dict(enumerate(stated)), dict(enumerate(found))
    differences = [
        each
        for key in dict.fromkeys((*other, *one))
        for each in _of_member(one, other, key, f"{field}[{key}]")
    ]
    if not differences and list(one) != list(other):
        differences.append(FieldDifference(field, "another order", "that of the journal"))
    yield from differences


def _by_key(values: list[Any]) -> dict[object, Any] | None:
    """Return values by what names them; None where that does not tell them apart."""
    if all(isinstance(each, str) for each in values):
        return {each: each for each in values} if len(set(values)) == len(values) else None
    if not all(isinstance(each, dict) for each in values):
        return None
    for key in _KEYS:
        names = [each.get(key) for each in values]
        if all(isinstance(name, (str, int)) for name in names) and len(set(names)) == len(names):
            return dict(zip(names, values, strict=True))
    return None


def _told(value: object) -> str:
    """Return a value in a line, as JSON has it."""
    return _NOTHING if value is None else shorten(json.dumps(value), at_most=_SHOWN)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
