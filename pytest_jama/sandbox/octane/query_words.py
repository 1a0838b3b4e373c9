"""The query language: from text to a statement.

Source: vendor's help on filtering, vendor's CI SDK and JS SDK: both spellings of the operators.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_jama.sandbox.octane.octane_errors import OctaneRefusedError

_DEEPEST = 50
"""Statements inside each other; a longer chain is refused, not recursed into."""


@dataclass(frozen=True)
class Text:
    """A text; `parts` are what stands between its wildcards."""

    parts: tuple[str, ...]

    @property
    def plain(self) -> str:
        """The text, its wildcards as stars."""
        return "*".join(self.parts)


@dataclass(frozen=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True)
class Truth:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True)
class Nothing:
    """`null`, or `{null}` for references."""

    is_reference: bool


@dataclass(frozen=True)
class CurrentUser:
    """`[current_user]`."""


@dataclass(frozen=True)
class Inner:
    """`{statement}`: about what a reference leads to."""

    statement: Statement


Value = Text | Number | Truth | Nothing | CurrentUser | Inner


@dataclass(frozen=True)
class Phrase:
    """`field OP value`; several values for IN, two for BTW."""

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Not:
    """`!statement`."""

    statement: Statement


@dataclass(frozen=True)
class AllOf:
    """Statements with `;` between them."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class AnyOf:
    """Statements with `||` between them."""

    statements: tuple[Statement, ...]


Statement = Phrase | Not | AllOf | AnyOf

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OPERATOR = re.compile(r" (EQ|LT|GT|LE|GE|IN|BTW) |(<=|>=|=|<|>)", re.ASCII)
_SYMBOLS = {"=": "EQ", "<": "LT", ">": "GT", "<=": "LE", ">=": "GE"}
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.(?!\.)[0-9]{1,18})?", re.ASCII)
_WORD = re.compile(r"true|false|null|\[current_user\]", re.ASCII)
_WORDS: dict[str, Value] = {
    "true": Truth(value=True),
    "false": Truth(value=False),
    "null": Nothing(is_reference=False),
    "[current_user]": CurrentUser(),
}
_ESCAPABLE = "\\\"'()"


def parse_query(text: str, *, caret: bool = False) -> Statement:
    r"""Read the value of `query`, the double quotes included.

    Args:
        text: Decoded, as `"name EQ ^x^"`.
        caret: Whether `\\^` is a `^` inside a text.

    Raises:
        OctaneRefusedError: 400, with the place where the text stops to be a query.
    """
    if len(text) < len('"x"') or text[0] != '"' or text[-1] != '"':
        raise OctaneRefusedError(
            400, f'the query {text!r} does not stand between double quotes (")'
        )
    reader = _QueryReader(text[1:-1], caret=caret)
    statement = reader.any_of(0)
    if not reader.is_at_end:
        raise reader.refusal("the end of the query, ; or ||")
    return statement


class _QueryReader:
    """Reads from left to right; every method leaves `_at` behind what it has read."""

    def __init__(self, text: str, *, caret: bool) -> None:
        self._text = text
        self._at = 0
        self._escapable = _ESCAPABLE + ("^" if caret else "")

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._text)

    def refusal(self, wanted: str) -> OctaneRefusedError:
        rest = self._text[self._at : self._at + 40]
        found = f"{rest!r}" if rest else "the end"
        return OctaneRefusedError(
            400,
            f"the query cannot be read at character {self._at}: {wanted} is due, found {found}",
            "platform.invalid_query",
        )

    def any_of(self, depth: int) -> Statement:
        parts = [self.all_of(depth)]
        while self._skip("||"):
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def all_of(self, depth: int) -> Statement:
        parts = [self.single(depth)]
        while self._skip(";"):
            parts.append(self.single(depth))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def single(self, depth: int) -> Statement:
        if depth > _DEEPEST:
            raise self.refusal(f"at most {_DEEPEST} statements inside each other")
        if self._skip("!"):
            return Not(self.single(depth + 1))
        if self._skip("("):
            inner = self.any_of(depth + 1)
            self._need(")")
            return inner
        return self._phrase(depth)

    def _phrase(self, depth: int) -> Phrase:
        name = self._match(_FIELD)
        if name is None:
            raise self.refusal("a field, ! or (")
        operator = self._match(_OPERATOR)
        if operator is None:
            raise self.refusal("an operator such as ' EQ ' or '='")
        word = _SYMBOLS.get(operator, operator.strip())
        return Phrase(name, word, self._values(word, depth))

    def _values(self, operator: str, depth: int) -> tuple[Value, ...]:
        values = [self._value(depth)]
        if operator == "IN":
            while self._skip(","):
                values.append(self._value(depth))
        elif operator == "BTW":
            self._need("...")
            values.append(self._value(depth))
        return tuple(values)

    def _value(self, depth: int) -> Value:
        for quote in ("^", "'"):
            if self._skip(quote):
                return self._quoted(quote)
        if self._skip("{"):
            if self._skip("null}"):
                return Nothing(is_reference=True)
            inner = Inner(self.any_of(depth + 1))
            self._need("}")
            return inner
        word = self._match(_WORD)
        if word is not None:
            return _WORDS[word]
        number = self._match(_NUMBER)
        if number is None:
            raise self.refusal("a value such as 12, true, ^text^, 'text', null or {statement}")
        return Number(float(number) if "." in number else int(number))

    def _quoted(self, quote: str) -> Text:
        parts, current = [], ""
        while not self._skip(quote):
            if self.is_at_end or self._text[self._at] == '"':
                raise self.refusal(f"the {quote} that ends a text")
            letter = self._text[self._at]
            self._at += 1
            if letter == "*":
                parts.append(current)
                current = ""
            elif letter == "\\":
                current += self._escaped()
            else:
                current += letter
        return Text((*parts, current))

    def _escaped(self) -> str:
        letter = self._text[self._at : self._at + 1]
        if not letter or letter not in self._escapable:
            raise self.refusal(f"one of {' '.join(self._escapable)} behind a backslash")
        self._at += 1
        return letter

    def _match(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self._text, self._at)
        if match is None:
            return None
        self._at = match.end()
        return match[0]

    def _skip(self, word: str) -> bool:
        if not self._text.startswith(word, self._at):
            return False
        self._at += len(word)
        return True

    def _need(self, word: str) -> None:
        if not self._skip(word):
            raise self.refusal(repr(word))
