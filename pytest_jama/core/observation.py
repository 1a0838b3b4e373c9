"""What a check of a server, or of a repository, finds out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Mark(str, Enum):
    """What an observation means for an upload."""

    OK = "ok"
    NOTE = "note"
    """Nothing has to be done; it may matter."""
    PROBLEM = "problem"
    """An upload would fail, or lose something."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that a check found out.

    Attributes:
        name: What it is about.
        mark: What it means.
        text: The same in a sentence, with names and keys, for the person who runs the check.
        facts: What was seen, fit for JSON; only what the server says may hold names.
        settings: Settings that fit this server; empty for none.
    """

    name: str
    mark: Mark
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
