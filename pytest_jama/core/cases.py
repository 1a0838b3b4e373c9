"""Test cases as users name them, and the links from tests to them."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class RefKind(str, Enum):
    """The three names that a test case has in Jama."""

    API_ID = "API ID"
    DOCUMENT_KEY = "document key"
    GLOBAL_ID = "global ID"

    __hash__ = str.__hash__  # Enum's own is many times slower, and this is called for each test


_NUMBER = r"[1-9][0-9]{0,18}"
_STEP = re.compile(_NUMBER, re.ASCII)
_REFERENCE = re.compile(
    rf"(?P<API_ID>{_NUMBER})"
    r"|(?P<GLOBAL_ID>GID-[A-Za-z0-9][A-Za-z0-9_-]*)"
    r"|(?P<DOCUMENT_KEY>[A-Za-z0-9_][A-Za-z0-9_-]*-[0-9]+)",
    re.ASCII,
)
_KINDS: dict[str | None, RefKind] = {kind.name: kind for kind in RefKind}


class BadReferenceError(ValueError):
    """A text that is to name a case or a step, and does not.

    Args:
        what: What is wrong, with the value.
        remedy: What can be written instead.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}: {remedy}")
        self.what = what
        self.remedy = remedy


class CaseRef(NamedTuple):
    """How a user names a test case: API ID, document key or global ID.

    Attributes:
        kind: Which of the three names it is.
        text: The name as written, without surrounding blanks.
    """

    kind: RefKind
    text: str

    @classmethod
    def parse(cls, value: object) -> CaseRef:
        """Recognise a case reference by its form.

        Args:
            value: A positive integer or its digits (API ID), ``GID-51234`` (global ID), or
                ``JEET1-TC-12`` (document key).

        Raises:
            BadReferenceError: When the value has none of the three forms.
        """
        text = value.strip() if isinstance(value, str) else _digits(value)
        found = _REFERENCE.fullmatch(text)
        if found is not None:
            return cls(_KINDS[found.lastgroup], text)
        raise BadReferenceError(
            f"{quoted(value)} is not a case reference",
            "use an API ID (20497), a document key (JEET1-TC-12) or a global ID (GID-51234)",
        )

    def __str__(self) -> str:
        return self.text


class CaseLink(NamedTuple):
    """One test is evidence of one case, or of one step of it.

    Attributes:
        case_ref: The test case.
        step: The step that the whole test is the evidence of, counted from 1; None for the case.
    """

    case_ref: CaseRef
    step: int | None = None

    @classmethod
    def parse(cls, text: str) -> CaseLink:
        """Read the text form, ``JEET1-TC-12`` or ``JEET1-TC-12#2`` for its step 2.

        Returns:
            The link; for ``none`` it is `NO_CASE`.

        Raises:
            ValueError: When the reference or the step number has no usable form.
        """
        if is_none(text):
            return NO_CASE
        reference, hash_sign, step = text.strip().partition("#")
        return cls(CaseRef.parse(reference), parse_step(step) if hash_sign else None)

    def __str__(self) -> str:
        text = self.case_ref.text
        return text if self.step is None else f"{text}#{self.step}"


def text_of(links: Sequence[CaseLink]) -> str:
    """Return links as one text, which `read_links` reads."""
    return str(links[0]) if len(links) == 1 else ",".join(map(str, links))


def parse_step(value: object) -> int:
    """Read a step number.

    Args:
        value: A positive integer or its digits.

    Raises:
        ValueError: When it is anything else.
    """
    text = value.strip() if isinstance(value, str) else _digits(value)
    if _STEP.fullmatch(text):
        return int(text)
    raise BadReferenceError(
        f"{quoted(value)} is not a step number", "steps are counted 1, 2, 3, ..."
    )


def _digits(value: object) -> str:
    """Return the digits of an integer; an empty string for everything else, also for booleans."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


NO_CASE = CaseLink(CaseRef(RefKind.DOCUMENT_KEY, "none"))
"""Stands where references are expected, and says that a test is evidence of no case, on purpose.

Whoever finds the links of a test takes it out with `without_none`; a `TestResult` never has it.
"""


def is_none(value: object) -> bool:
    """Return whether a reference as written is ``none``, which takes a test out of all cases."""
    return value is None or (isinstance(value, str) and value.strip().lower() == "none")


def without_none(links: tuple[CaseLink, ...]) -> tuple[CaseLink, ...]:
    """Return the links to cases."""
    if NO_CASE not in links:
        return links
    return tuple(link for link in links if link != NO_CASE)


def in_one_place(links: Iterable[CaseLink]) -> tuple[CaseLink, ...]:
    """Return what references say that stand in one place, each once: ``none`` beats the others."""
    found = tuple(dict.fromkeys(links))
    return (NO_CASE,) if NO_CASE in found else found


def nearer_wins(places: Iterable[Iterable[CaseLink]]) -> tuple[CaseLink, ...]:
    """Return what references say that count together, in places nearer and nearer to the test.

    ``none`` takes the test out of what is said farther out, and a case takes it in again.

    Args:
        places: What each of them says, the farthest first.
    """
    links: dict[CaseLink, None] = {}
    for place in places:
        said = in_one_place(place)
        if said and (NO_CASE in links or NO_CASE in said):
            links.clear()
        links.update(dict.fromkeys(said))
    return tuple(links)


class FoundLinks(NamedTuple):
    """What a text says.

    Attributes:
        links: The cases it names, each once.
        problems: What is to be a reference and is not, a line each.
    """

    links: tuple[CaseLink, ...]
    problems: tuple[str, ...] = ()


BEGIN_OF_MARKER = "@pytest.mark.jama("
"""What a marker begins with that stands as it is in the place of references: its commas are its
own."""


@lru_cache(maxsize=1024)
def read_links(text: str) -> FoundLinks:
    """Read the value of a test's ``jama`` property: one or several references, comma separated.

    One that has no usable form does not cost the others.
    """
    found = _REFERENCE.fullmatch(text)
    if found is not None:  # nothing but one reference, as nearly all are
        return FoundLinks((CaseLink(CaseRef(_KINDS[found.lastgroup], text)),))
    links: list[CaseLink] = []
    problems: list[str] = []
    for part in [text] if text.startswith(BEGIN_OF_MARKER) else text.split(","):
        try:
            links += [CaseLink.parse(part)] if part.strip() else []
        except ValueError as exc:  # noqa: PERF203 (the others still count)
            problems.append(str(exc))
    return FoundLinks(in_one_place(links), tuple(problems))


def parse_links(text: str) -> tuple[CaseLink, ...]:
    """Read references as `read_links` does, where a wrong one is a mistake in all of them.

    Raises:
        ValueError: When one of them has no usable form.
    """
    if _REFERENCE.fullmatch(text):
        return (CaseLink(CaseRef.parse(text)),)
    return tuple(CaseLink.parse(part) for part in text.split(",") if part.strip())


LINK_PROPERTIES = frozenset({"jama", "jama_case", "test_key"})
"""Names of test properties (`record_property`, `<property>`) that hold case references."""


GROUP = "case"
"""The group of the pattern that holds the reference."""

SEARCHED_CHARACTERS = 1000
"""How much of a name is searched, so that a name of a megabyte does not take minutes."""


def find_links_in_name(pattern: re.Pattern[str], name: str) -> FoundLinks:
    """Return the cases that a name holds, one or several for each match of the pattern.

    Args:
        pattern: With a group named `GROUP`.
        name: The name of a test, parameters included.
    """
    links: list[CaseLink] = []
    problems: list[str] = []
    for match in pattern.finditer(name, 0, SEARCHED_CHARACTERS):
        found = read_links(match[GROUP] or "")
        links += found.links
        problems += found.problems
    return FoundLinks(in_one_place(links), tuple(problems))


def name_in(node_id: str) -> str:
    """Return the name in a node ID of pytest: ``test_x[1]`` of ``tests/test_a.py::test_x[1]``.

    It is what pytest writes as the name into JUnit XML.
    """
    address, bracket, parameters = node_id.partition("[")
    return address.rpartition("::")[2] + bracket + parameters
