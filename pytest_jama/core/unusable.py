"""What a session was given and could not use, so that a result may be missing. Pure."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class UnusableKind(str, Enum):
    """What could not be used; the value is the word in the journal."""

    REFERENCE = "reference"
    """A case reference of a test: in a property, a marker or its name."""
    REPORT = "report"
    """A whole report."""
    JOURNAL = "journal"
    """A journal, or a line of one."""
    HOOK = "hook"
    """A hook of an extension raised an error."""


class Unusable(NamedTuple):
    """One thing that a session was given and could not use.

    Attributes:
        kind: What it is.
        where: The test ID, the path, or the name of the hook.
        why: Why it could not be used, with the value.
    """

    kind: UnusableKind
    where: str
    why: str
