"""What one update says, in a few characters: tells whether it arrived before. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_jama.core.runs import RunUpdate

_CHARACTERS = 32


def digest_of(update: RunUpdate, *, server: str) -> str:
    """Return the fingerprint of what an update says to one run of one server.

    It is made of what was concluded, not of the step array, which depends on what the run shows by
    now: after an update has arrived, the same verdict leads to a different array of the same
    meaning.

    Args:
        update: The update.
        server: The URL of the server.

    Returns:
        Hexadecimal digits.
    """
    verdict = update.verdict
    content = [
        server,
        update.run.run_id,
        verdict.verdict and verdict.verdict.value,
        [[step.number, step.verdict.value, step.notes] for step in verdict.steps],
        update.account,
    ]
    return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()[:_CHARACTERS]
