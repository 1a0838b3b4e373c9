"""Rich text as people read it, so that two ways to write the same are the same. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import TYPE_CHECKING

from pytest_jama.core.text import clean, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DIGEST_CHARACTERS = 12


def fold(text: str) -> str:
    """Return what a reader sees of rich text, in one line.

    Jama cleans rich text when it is stored: tags are completed, renamed or dropped, characters
    become entities, blanks come and go. What changes the meaning stays: raised, lowered and
    crossed-out text, and the names of pictures.
    """
    if "<" in text or "&" in text:
        text = unescaped(_TAG.sub(_without_tag, _without_dropped(text)))
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return clean(" ".join(text.split()))


def fingerprint(folded: str) -> str:
    """Return the fingerprint of a folded text; that of an empty one is empty."""
    if not folded:
        return ""
    return hashlib.sha256(folded.encode("utf-8")).hexdigest()[:DIGEST_CHARACTERS]


def procedure_digest(steps: Iterable[Sequence[str]]) -> str:
    """Return the fingerprint of what steps ask for and expect; empty without steps.

    Args:
        steps: Action and expected result of each step, folded.
    """
    listed = [list(step) for step in steps]
    text = json.dumps(listed) if listed else ""
    return hashlib.sha256(text.encode("ascii")).hexdigest() if text else ""


_DROPPED = re.compile(r"<(!--|style\b|script\b)", re.IGNORECASE)
_ENDS = {
    "!--": re.compile("-->"),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)((?:\s[^<>]*)?)/?>")
_SOURCE = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]*)""", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff]")
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "samp",
        "small",
        "span",
        "strong",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)
_MEANING = {"sup": "^", "sub": "_", "del": "~", "s": "~", "strike": "~"}


def _without_dropped(text: str) -> str:
    """Return HTML without comments, styles and scripts; what does not end stays.

    A pattern for all of it would look for the end of each that has none, again and again.
    """
    kept: list[str] = []
    endless: set[str] = set()
    at = 0
    while begin := _DROPPED.search(text, at):
        name = begin[1].lower()
        end = None if name in endless else _ENDS[name].search(text, begin.end())
        if end is None:
            endless.add(name)
        kept.append(text[at : begin.start() if end else begin.end()])
        at = end.end() if end else begin.end()
    return "".join((*kept, text[at:]))


def _without_tag(tag: re.Match[str]) -> str:
    """Return what stands for a tag: nothing for one inside a word, else a blank."""
    name = tag[2].lower()
    if name == "img":
        source = _SOURCE.search(tag[3])
        name = source[1].partition("?")[0].rpartition("/")[2][-40:] if source else ""
        return f" [{name}] "
    if name in _MEANING:
        return "" if tag[1] and name in ("sup", "sub") else _MEANING[name]
    return "" if name in _INLINE else " "
