"""What `contains` of the search asks for, and whether a text has it.

Source: Jama REST cookbook, abstract items chapter: letter case is ignored; without quotes whole
terms are looked for; in double quotes wildcards are added; `name:"x"` restricts to a field; an
exact match cannot be guaranteed. What that leaves open is decided by knobs.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\s,;:!?()\[\]{}<>\"']+")
_SPLIT = re.compile(r"[^\W_]+")
_FIELDED = re.compile(r"(?P<field>name|description|documentKey|globalId):(?P<query>.+)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One value of `contains`.

    Attributes:
        field: The only field that counts; None means all.
        parts: What is looked for, in lower case.
        is_wild: Whether they are looked for inside of words, too.
        needs_all: Whether all of them must be there; otherwise one is enough.
        splits_words: Whether hyphens, dots and underscores part words.
    """

    field: str | None
    parts: tuple[str, ...]
    is_wild: bool
    needs_all: bool
    splits_words: bool

    def is_in(self, text: str) -> bool:
        """Return whether a text has what is wanted."""
        if self.is_wild:
            folded = text.casefold()
            found = [part in folded for part in self.parts]
        else:
            present = _word_set(text, split=self.splits_words)
            found = [part in present for part in self.parts]
        return all(found) if self.needs_all else any(found)


def read_contains(text: str, *, wild: bool, needs_all: bool, tokens: str) -> Wanted:
    """Read one value of `contains`.

    Args:
        text: As it was sent.
        wild: Whether wildcards are added where quotes are missing, too: `includeWildcard`.
        needs_all: Whether all words are needed.
        tokens: `whole` or `split`: whether hyphens, dots and underscores part words.
    """
    match = _FIELDED.fullmatch(text.strip())
    rest = (match["query"] if match else text).strip()
    split = tokens == "split"
    is_quoted = len(rest) > 1 and rest.startswith('"') and rest.endswith('"')
    parts = [rest[1:-1].strip().casefold()] if is_quoted else words(rest, split=split)
    return Wanted(
        field=match["field"] if match else None,
        parts=tuple(filter(None, parts)),
        is_wild=is_quoted or wild,
        needs_all=needs_all,
        splits_words=split,
    )


@lru_cache(maxsize=1)  # many things are looked for in one text
def _word_set(text: str, *, split: bool) -> frozenset[str]:
    return frozenset(words(text, split=split))


def words(text: str, *, split: bool) -> list[str]:
    """Split a text into words in lower case; whole ones keep hyphens and dots inside."""
    if split:
        return _SPLIT.findall(text.casefold())
    return [word.strip(".") for word in _WORD.findall(text.casefold())]
