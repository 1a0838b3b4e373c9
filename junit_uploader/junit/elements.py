"""The elements of JUnit XML: their names, whatever namespace they stand in, and what they hold.

Results and properties are read one element at a time. Properties and attachments may also stand in
output and messages, as lines for tools: ``[[PROPERTY|key=value]]``, ``[[PROPERTY|key]]`` ...
``[[/PROPERTY]]`` over several lines (Testmo's conventions), and ``[[ATTACHMENT|path]]`` (Jenkins,
Playwright).
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.scenarios import TAG_PROPERTIES, find_listed_tags
from pytest_jama.core.properties import FILE, ROOTDIR, USED_PROPERTIES
from pytest_jama.core.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml import etree


class ResultKind(Enum):
    """What an element says: the value is its tag."""

    ERROR = "error"
    FAILURE = "failure"
    SKIPPED = "skipped"
    FLAKY_ERROR = "flakyError"
    FLAKY_FAILURE = "flakyFailure"
    RERUN_ERROR = "rerunError"
    RERUN_FAILURE = "rerunFailure"

    @property
    def is_earlier(self) -> bool:
        """Whether it tells of another attempt, and so never changes the outcome."""
        return self not in _FINAL

    @property
    def is_rerun(self) -> bool:
        """Whether it tells of an attempt after one that failed as well."""
        return self in _RERUNS

    def counts_for(self, outcome: Outcome) -> bool:
        """Return whether it belongs to the account of an outcome."""
        return self in _KINDS_BY_OUTCOME.get(outcome, ())


_ERROR, _FAILURE, _SKIPPED = ResultKind.ERROR, ResultKind.FAILURE, ResultKind.SKIPPED
_FAILURES = (_ERROR, _FAILURE)
_FINAL = (*_FAILURES, _SKIPPED)
_RERUNS = (ResultKind.RERUN_ERROR, ResultKind.RERUN_FAILURE)
_KINDS_BY_OUTCOME = {
    Outcome.ERROR: _FAILURES,
    Outcome.FAILED: _FAILURES,
    Outcome.SKIPPED: (_SKIPPED,),
    Outcome.XFAILED: (_SKIPPED,),
}


FAILING = frozenset({Outcome.FAILED, Outcome.ERROR})
"""The outcomes that are failures, whichever of the two words a framework prefers."""


class Subject(Enum):
    """What a testcase stands for."""

    TEST = "a test"
    UNCOLLECTED_FILE = "the tests of a file that could not be collected"
    SKIPPED_FILE = "the tests of a file that was skipped as a whole"


class Finding(NamedTuple):
    """One result that stands in a testcase or suite.

    Attributes:
        kind: What it says.
        message: The attribute ``message``, if any.
        type_name: The attribute ``type``, if any.
        text: All text inside; only read where there is no message.
    """

    kind: ResultKind
    message: str | None = None
    type_name: str | None = None
    text: str = ""


TESTCASE = "testcase"
TESTSUITE = "testsuite"

SUITES = frozenset({"testsuites", TESTSUITE, "testrun"})
"""What holds testcases; ``testrun`` is Eclipse's root."""

ROOTS = SUITES | {TESTCASE}
"""What a report may begin with."""

OUTPUTS = frozenset({"system-out", "system-err"})
PROPERTIES = "properties"
RESULTS = frozenset(kind.value for kind in ResultKind)

READ = ROOTS | OUTPUTS | RESULTS | {PROPERTIES}
"""All elements that mean something here."""

ENDING = READ - OUTPUTS
"""Those that the parser stops at; most testcases hold none, which makes reading fast."""

DEEPEST = 256
"""Most levels of elements; libxml2 has the same limit."""


def local_name(tag: object) -> str:
    """Return the name of a tag without its namespace; an empty text for what is not an element."""
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2] if "}" in tag else tag


def refusal_of_root(name: str) -> str:
    """Return why a document that begins with an element of this name is not a report."""
    return f"not a JUnit report: the root is <{name[:80]}>, not <testsuites> or <testsuite>"


REFUSAL_OF_SUBSET = "a DOCTYPE with an internal subset (entities, defaults) is refused"
REFUSAL_OF_DEPTH = f"elements are nested more than {DEEPEST} deep"


_KIND_BY_TAG = {kind.value: kind for kind in ResultKind}
"""A call of an Enum takes four times as long."""


def read_findings(children: Iterable[etree._Element]) -> Iterator[Finding]:
    """Yield the results among the children of a suite."""
    for child in children:
        tag = local_name(child.tag)
        if tag in RESULTS:
            yield read_finding(child, tag, with_text=True)


def read_finding(element: etree._Element, tag: str, *, with_text: bool) -> Finding:
    """Read one result.

    Args:
        element: It.
        tag: Its name, one of `RESULTS`.
        with_text: Whether to read the text inside, where there is no message.
    """
    message = element.get("message")
    is_told = not with_text or (message and not message.isspace())
    text = "" if is_told else "".join(element.itertext("*"))
    return Finding(_KIND_BY_TAG[tag], message, element.get("type"), text)


def read_properties(block: etree._Element) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the properties of a block that mean something here, and the commits that it names.

    A value may also be a text.
    """
    properties: list[tuple[str, str]] = []
    commits: list[str] = []
    for child in block:
        name = child.get("name") or ""
        if name in USED_PROPERTIES:
            value = child.get("value")
            properties.append((name, (child.text or "") if value is None else value))
        elif name in TAG_PROPERTIES:
            properties += find_listed_tags(child.get("value") or child.text or "")
        elif is_commit(name):
            commits += _commit_of(child)
    return properties, commits


def find_commits(block: etree._Element) -> Iterator[str]:
    """Yield the commits that a block of properties names."""
    for child in block:
        if is_commit(child.get("name") or ""):
            yield from _commit_of(child)


def _commit_of(child: etree._Element) -> Iterator[str]:
    value = (child.get("value") or child.text or "").strip()
    if _COMMIT.fullmatch(value):
        yield value


def find_rootdir(blocks: Iterable[etree._Element]) -> str:
    """Return the folder that the test IDs of a suite are relative to; empty when it is not told.

    Args:
        blocks: What stands in the suite itself.
    """
    for block in blocks:
        for child in block:
            if child.get("name") == ROOTDIR:
                folder = (child.get("value") or "").strip("/")
                if 0 < len(folder) <= _LONGEST_ROOTDIR and {"", ".", ".."}.isdisjoint(
                    folder.split("/")
                ):
                    return folder
    return ""


_LONGEST_ROOTDIR = 1000
"""Each test of the suite gets it."""


@lru_cache(maxsize=4096)
def is_commit(name: str) -> bool:
    """Return whether a property of this name tells the commit under test.

    ``git.commit``, ``GIT_COMMIT`` and ``env.gitCommit`` (Ant writes the environment so) are one.
    """
    plain = re.sub("[^a-z0-9]", "", name.lower())
    return plain.removeprefix("env") in _COMMIT_NAMES or plain in _COMMIT_NAMES


_COMMIT = re.compile(r"[\w.+:/@-]{1,100}", re.ASCII)
_COMMIT_NAMES = frozenset(
    {
        "commit",
        "commithash",
        "commitid",
        "commitsha",
        "gitcommit",
        "gitcommithash",
        "gitcommitid",
        "gitcommitidfull",
        "gitcommitsha",
        "githash",
        "githeadcommit",
        "gitrev",
        "gitrevision",
        "gitsha",
        "gitsha1",
        "scmcommit",
        "scmrevision",
        "svnrevision",
        "vcscommit",
        "vcsref",
        "vcsrefheadrevision",
        "vcsrevision",
        # what CI calls it, and build tools write into reports with the whole environment
        "bitbucketcommit",
        "buildkitecommit",
        "buildsourceversion",
        "buildvcsnumber",
        "cicommitsha",
        "cicommit",
        "circlesha1",
        "dronecommitsha",
        "githubsha",
        "traviscommit",
    }
)

BEGIN = "[["
"""What every mark begins with: texts without it hold none."""

MARKS = (b"[[PROPERTY|", b"[[ATTACHMENT|")
"""What the marks of properties and files begin with, in bytes."""

_FILE_MARK = MARKS[1].decode()


_PROPERTY = re.compile(
    r"^[ \t]*\[\[PROPERTY\|(?P<key>[^\]=\n]+)(?:=(?P<value>[^\n]*?)\]\][ \t\r]*$|\]\][ \t]*\n)",
    re.MULTILINE,
)
_END_OF_BLOCK = re.compile(r"^[ \t]*\[\[/PROPERTY\]\][ \t\r]*$", re.MULTILINE)
_ATTACHMENT = re.compile(r"^[ \t]*\[\[ATTACHMENT\|[^\n]*\]\][ \t\r]*$\n?", re.MULTILINE)


def find_properties(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the properties and files that stand in an output."""
    for mark in _find_marks(text):
        yield mark.key.strip(), text[mark.value_from : mark.value_to].strip()
    if _FILE_MARK in text:
        for line in text.split("\n"):
            for piece in line.rstrip().split(_FILE_MARK)[1:]:
                named, end, _ = piece.partition("]]")
                path = named.partition("|{")[0].strip()  # facts about the file may follow
                if end and path:
                    yield FILE, path


class _Mark(NamedTuple):
    """Where a property stands in a text.

    Attributes:
        key: Its name.
        start: Where its first line begins.
        end: Where its last line ends.
        value_from: Where its value begins.
        value_to: Where that ends.
    """

    key: str
    start: int
    end: int
    value_from: int
    value_to: int


def _find_marks(text: str) -> Iterator[_Mark]:
    """Yield the properties of a text, which is gone through once, whatever is in it."""
    if "[[PROPERTY|" not in text:
        return
    match = _PROPERTY.search(text)
    has_blocks = True  # until the end of one was looked for in vain
    while match:
        end = match.end()
        if match["value"] is not None:
            yield _Mark(match["key"], match.start(), end, *match.span("value"))
        elif has_blocks:
            closing = _END_OF_BLOCK.search(text, end)
            has_blocks = closing is not None
            if closing is not None:
                yield _Mark(match["key"], match.start(), closing.end(), end, closing.start())
                end = closing.end()
        match = _PROPERTY.search(text, end)


def leaves_block_open(line: str, *, is_open: bool) -> bool:
    """Return whether the value of a property goes on behind a line.

    Args:
        line: The line.
        is_open: Whether one goes on before it.
    """
    if is_open:
        return not _END_OF_BLOCK.match(line)
    match = _PROPERTY.match(f"{line}\n")
    return match is not None and match["value"] is None


def without_marks(text: str) -> str:
    """Return a text for people: without its lines for tools."""
    if BEGIN not in text:
        return text
    pieces, at = [], 0
    for mark in _find_marks(text):
        pieces.append(text[at : mark.start])
        at = mark.end
    return _ATTACHMENT.sub("", "".join((*pieces, text[at:]))).strip()
