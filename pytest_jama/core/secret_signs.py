"""Whether a text may hold a secret at all, told without a pattern. Pure.

It is asked of everything that is written, and patterns cost twenty times as much; nor are they
compiled before a text needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HIDDEN = "***"
"""What stands in the place of a secret."""


def may_hold(test_ids: Iterable[str]) -> bool:
    """Return whether test IDs may hold any of it; it costs little, and is asked for each test.

    Nothing is expected in those parts of a node ID that are names in Python.
    """
    together = "\n".join(test_ids)
    if may_hold_value(together) or _has_sign(together):
        return True
    ends = together
    if "::" in together:
        ends = "\n".join(each.partition("[")[2] if "::" in each else each for each in test_ids)
    return _may_begin_token(ends)


def may_hold_value(text: str) -> bool:
    """Return whether a text may hold a value behind the name of a secret."""
    # a single character is found many times as fast as two
    if not (
        any(sign in text for sign in _SIGNS)
        or ("-" in text and any(dash in text for dash in _DASHES))
        or (":" in text and ":" in text.replace("::", ""))
    ):
        return False
    lower = text.lower()
    return any(word in lower for word in _WORDS)


def may_hold_certain(text: str) -> bool:
    """Return whether a text may hold what is a secret by its own form."""
    return _has_sign(text) or _may_begin_token(text)


def _may_begin_token(text: str) -> bool:
    if "_" in text or "-" in text:  # bytes are faster, and long texts come
        words = text.encode("ascii", "replace").translate(_BLANKED).split()
        return not _FIRST_WORDS.isdisjoint(words)
    return _has_any(_BEFORE_DOT, text)


def _has_sign(text: str) -> bool:
    return _has_any(_CERTAIN_SIGNS, text) or ("@" in text and "://" in text)


def _has_any(signs: Mapping[str, tuple[str, ...]], text: str) -> bool:
    # a single character is found many times as fast as two
    return any(
        letter in text and any(each in text for each in with_letter)
        for letter, with_letter in signs.items()
    )


_SIGNS = ("=", "<", "(", " ")
_DASHES = ("--", "'-", '"-')
_WORDS = (
    *("pass", "pwd", "secret", "token", "credential", "sig", "key", "session", "auth", "cookie"),
    *("bearer", "basic", "-u"),
)
"""Without one of these there is no name of a secret."""

_CERTAIN_SIGNS = {
    "J": ("eyJ",),
    "K": ("PRIVATE KEY", "AKIA"),
    "A": ("ASIA", "AIza", "ATATT", "ATBB", "ATCTT"),
    "d": ("dapi",),
}
"""By a letter that all of them have, and few names."""

_FIRST_WORDS = frozenset(
    word.encode()
    for word in [
        *("ghp", "gho", "ghu", "ghs", "ghr", "github", "gitlab", "glpat", "gloas", "gldt", "glrt"),
        *("glrtr", "glcbt", "glptt", "glft", "glimt", "glagent", "glsoat", "glffct", "glwt"),
        *(f"xox{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
        *("xapp", "GOCSPX", "ya29", "npm", "pypi", "sk", "rk", "pk", "whsec", "SG", "hf", "hvs"),
        *("hvb", "hvr", "dop", "doo", "dor", "shpat", "shpca", "shppa", "shpss", "dckr", "AGE"),
        "slack",
    ]
)
"""What stands before the first `_`, `-` or `.` of the others in `_TOKENS`."""

_BEFORE_DOT = {"9": ("ya29.",), "G": ("SG.",), "v": ("hvs.", "hvb.", "hvr."), "k": ("slack.",)}
"""How those of them begin that need neither `_` nor `-`, by a letter of theirs."""

_BLANKED = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)) + bytes(128)
"""For each byte of ASCII itself, or a blank."""
