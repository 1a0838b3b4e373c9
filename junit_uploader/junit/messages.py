"""Why a test did not pass, in a few lines, worded as ``pytest --jama`` does. Pure."""

from __future__ import annotations

import re

from junit_uploader.junit.inline_properties import without_marks
from pytest_jama.core.results import MESSAGE_CHARACTERS
from pytest_jama.core.text import clean, shorten

_LONGEST_READ = 10 * MESSAGE_CHARACTERS
"""Characters of a text that are looked at: colours and marks take room before it is shortened."""

_PYTEST_PHASE = re.compile(r'failed on (setup|teardown) with "(.*?)"?', re.DOTALL)
"""Since 9.2 pytest cuts long messages, and the closing quote with them."""

PYTEST_SKIPS = frozenset({"pytest.skip", "pytest.xfail"})
"""What pytest writes as the type of its skips and expected failures: no reason to tell anybody."""

_WORKER_CRASHED = re.compile(r"worker '[^']*' crashed while running\b")

_ESCAPED_COLOUR = re.compile(
    # pytest, CTest, Surefire, meson, RSpec; what jest and nose2 leave of the character
    r"(?:#x1B|\[NON-XML-CHAR-0x1B\]|&#27;|\\x1b|\\e|\N{REPLACEMENT CHARACTER})\[[0-9;]*m",
)
_PYTEST_ESCAPE = re.compile(r"#x(?:0[0-8BCEF]|1[0-9A-F]|7F)")
"""Source: pytest, ``_pytest/junitxml.py``, ``bin_xml_escape``."""


def word_message(message: str | None, text: str, kind: str | None) -> str:
    """Return the account of one failure, error or skip.

    Args:
        message: The attribute ``message``, which wins over the text.
        text: The text of the element, often a traceback.
        kind: The attribute ``type``, when there is nothing else.
    """
    kind = None if kind in PYTEST_SKIPS else kind
    chosen = next((each for each in (message, text, kind) if each and not each.isspace()), "")
    readable = _in_plain_characters(chosen[:_LONGEST_READ])
    worded = _as_pytest_jama_says(without_marks(readable).strip())
    return shorten(worded, at_most=MESSAGE_CHARACTERS)


def _in_plain_characters(text: str) -> str:
    without_colours = _ESCAPED_COLOUR.sub("", text)
    return clean(_PYTEST_ESCAPE.sub("\N{REPLACEMENT CHARACTER}", without_colours))


def _as_pytest_jama_says(text: str) -> str:
    """Word pytest's errors of setup and teardown as its plugin does."""
    phase = _PYTEST_PHASE.fullmatch(text)
    if phase is None:
        return text
    if _WORKER_CRASHED.match(phase[2]):
        return f"worker crashed: {phase[2]}"
    return f"{phase[1]} failed: {phase[2]}"
