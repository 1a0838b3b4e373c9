"""Test cases as users name them, and the links from tests to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class RefKind(str, Enum):
    """The three names that a test case has in Jama."""

    API_ID = "API ID"
    DOCUMENT_KEY = "document key"
    GLOBAL_ID = "global ID"

    __hash__ = str.__hash__  # that of Enum is many times slower, and this is asked for each test


_API_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_GLOBAL_ID = re.compile(r"GID-[A-Za-z0-9][A-Za-z0-9_-]*", re.ASCII)
_DOCUMENT_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*-[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class CaseRef:
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
            ValueError: When the value has none of the three forms.
        """
        text = str(value).strip() if isinstance(value, (int, str)) else ""
        if isinstance(value, bool):
            text = ""
        if _API_ID.fullmatch(text):
            return cls(RefKind.API_ID, text)
        if _GLOBAL_ID.fullmatch(text):
            return cls(RefKind.GLOBAL_ID, text)
        if _DOCUMENT_KEY.fullmatch(text):
            return cls(RefKind.DOCUMENT_KEY, text)
        raise ValueError(
            f"{value!r} is no case reference: use an API ID (20497), "
            "a document key (JEET1-TC-12) or a global ID (GID-51234)",
        )

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class CaseLink:
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

        Raises:
            ValueError: When the reference or the step number has no usable form.
        """
        reference, hash_sign, step = text.strip().partition("#")
        return cls(CaseRef.parse(reference), parse_step(step) if hash_sign else None)

    def __str__(self) -> str:
        return f"{self.case_ref}" if self.step is None else f"{self.case_ref}#{self.step}"


def parse_step(value: object) -> int:
    """Read a step number.

    Args:
        value: A positive integer or its digits.

    Raises:
        ValueError: When it is anything else.
    """
    if not isinstance(value, bool) and isinstance(value, (int, str)):
        text = str(value).strip()
        if _API_ID.fullmatch(text):
            return int(text)
    raise ValueError(f"{value!r} is no step number: steps are counted 1, 2, 3, ...")


def parse_links(text: str) -> tuple[CaseLink, ...]:
    """Read the value of a test's ``jama`` property: one or several references, comma separated.

    Raises:
        ValueError: When one of them has no usable form.
    """
    return tuple(CaseLink.parse(part) for part in text.split(",") if part.strip())


LINK_PROPERTIES = frozenset({"jama", "jama_case", "test_key"})
"""Names of test properties (`record_property`, `<property>`) that hold case references."""
