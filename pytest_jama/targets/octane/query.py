"""Texts of queries: what a list of entities is asked for. Pure.

::

    release EQ {name EQ ^2.4^};!(status EQ {null}||started LT ^2026-01-05T10:00:00Z^)

Of the two spellings that the vendor's own clients use, the one with words is written.
"""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

IDS_AT_ONCE = 100
"""So many IDs may stand in one list. Source: vendor's CI SDK."""

WILDCARD = "*"
"""Stands for any characters in a text of a query."""

_BACKSLASH = "\\"
_WRITTEN = {
    ord("^"): WILDCARD,
    **{ord(each): _BACKSLASH + each for each in f"{_BACKSLASH}\"'()"},
    **dict.fromkeys(range(0xD800, 0xE000), WILDCARD),
}
"""How characters are written that cannot stand in a text as they are.

Source: vendor's CI SDK, for those with a backslash. Halves of pairs cannot be sent at all.
"""


class Statement(str):
    """A statement that can stand anywhere as it is: a phrase, or one in parentheses."""

    __slots__ = ()


class _Both(Statement):
    """Statements that hold together; `!` before it would only concern the first of them."""

    __slots__ = ()


class _Either(Statement):
    """Statements of which one holds; beside others it needs parentheses."""

    __slots__ = ()


def escape(text: str) -> str:
    """Return a text as it stands between the carets of a query.

    Nothing public says how a caret is written there: a wildcard stands for it, so that whoever asks
    for a name compares what is answered.
    """
    return text.translate(_WRITTEN)


def equals(field: str, text: str) -> Statement:
    """Ask for a text; a ``*`` in it stands for anything.

    Args:
        field: The name of the field.
        text: Its value.
    """
    return Statement(f"{field} EQ ^{escape(text)}^")


def is_one_of(field: str, texts: Iterable[str]) -> Statement:
    """Ask for one of several texts, at most `IDS_AT_ONCE`; there is at least one."""
    first, *more = texts
    if not more:
        return equals(field, first)
    return Statement(f"{field} IN {','.join(f'^{escape(each)}^' for each in (first, *more))}")


def equals_id(field: str, entity_id: str | int) -> Statement:
    """Ask for a number, as IDs are written; the ID of an entry of a list may be a text."""
    written = str(entity_id)
    if written.isascii() and written.isdigit():
        return Statement(f"{field} EQ {written}")
    return equals(field, written)


def has_ids(field: str, entity_ids: Iterable[str | int]) -> Iterator[Statement]:
    """Ask for several IDs, in as many statements as it takes.

    Args:
        field: The name of the field: ``id``, or one that holds plain numbers.
        entity_ids: Numbers; each is asked for once, in their order.
    """
    waiting = iter(dict.fromkeys(map(str, entity_ids)))
    while some := list(islice(waiting, IDS_AT_ONCE)):
        if len(some) == 1:
            yield equals_id(field, some[0])
        else:
            yield Statement(f"{field} IN {','.join(some)}")


def is_true(field: str) -> Statement:
    """Ask for what has a field set to true."""
    return Statement(f"{field} EQ true")


def is_empty(field: str) -> Statement:
    """Ask for what has no value in a field that holds a text, a number or a time."""
    return Statement(f"{field} EQ null")


def refers(field: str, statement: Statement) -> Statement:
    """Ask for what refers to something; of several references one that fits is enough.

    Args:
        field: The field that refers.
        statement: What is asked of that to which it refers.
    """
    return Statement(f"{field} EQ {{{statement}}}")


def refers_to_id(field: str, entity_id: str | int) -> Statement:
    """Ask for what refers to the entity of that ID."""
    return refers(field, equals_id("id", entity_id))


def refers_to_nothing(field: str) -> Statement:
    """Ask for what has no value in a field that refers."""
    return Statement(f"{field} EQ {{null}}")


def refers_to_entry(field: str, *logical_names: str) -> Statement:
    """Ask for what has one of several entries of a list: a status, a phase, a severity.

    IDs of entries are numbers on old servers and logical names on present ones; logical names are
    the same everywhere.

    Args:
        field: The field.
        logical_names: Such as ``list_node.run_status.failed``; at least one.
    """
    return refers(field, is_one_of("logical_name", logical_names))


def refers_to_me(field: str) -> Statement:
    """Ask for what refers to the user who asks."""
    return refers(field, Statement("id EQ [current_user]"))


def is_after(field: str, moment_s: float) -> Statement:
    """Ask for times after a moment, in seconds since 1970; whole seconds are asked for."""
    return Statement(f"{field} GT {_moment(moment_s)}")


def is_not_before(field: str, moment_s: float) -> Statement:
    """Ask for times from a moment on, in seconds since 1970; whole seconds are asked for."""
    return Statement(f"{field} GE {_moment(moment_s)}")


def is_not_after(field: str, moment_s: float) -> Statement:
    """Ask for times up to a moment, in seconds since 1970; whole seconds are asked for."""
    return Statement(f"{field} LE {_moment(moment_s)}")


def both(*statements: Statement) -> Statement:
    """Ask for what fulfils all statements; empty ones ask for nothing."""
    asked = [each for each in statements if each]
    if len(asked) < 2:  # noqa: PLR2004 (two make a pair)
        return asked[0] if asked else Statement()
    return _Both(";".join(f"({each})" if isinstance(each, _Either) else each for each in asked))


def either(*statements: Statement) -> Statement:
    """Ask for what fulfils one of the statements; without any nothing is asked.

    Args:
        statements: None of them is empty: that would be fulfilled by everything.
    """
    if len(statements) < 2:  # noqa: PLR2004 (two make a pair)
        return statements[0] if statements else Statement()
    return _Either("||".join(statements))


def negated(statement: Statement) -> Statement:
    """Ask for what does not fulfil a statement."""
    is_compound = isinstance(statement, (_Both, _Either))
    return Statement(f"!({statement})" if is_compound else f"!{statement}")


def as_parameter(statement: str) -> str:
    """Return a statement as the parameter `query` has it: the quotation marks belong to it."""
    return f'"{statement}"'


def _moment(moment_s: float) -> str:
    moment = datetime.fromtimestamp(int(moment_s // 1), tz=timezone.utc)
    return f"^{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z^"
