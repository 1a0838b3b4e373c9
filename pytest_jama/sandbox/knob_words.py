"""Knobs of any server here: how one is declared, and read from the words of the command line."""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, cast, get_args, get_type_hints

from typing_extensions import Self

_Value = TypeVar("_Value")


class KnobError(ValueError):
    """A knob that does not exist, or a value it does not take."""


def knob(default: _Value, why: str) -> _Value:
    """Declare one knob; typed as its value so that a dataclass reads naturally.

    Args:
        default: The strict or the documented reading.
        why: Why it can be turned, for the table of `docs/sandbox-knobs.md`.
    """
    return field(default=default, metadata={"why": why})


@dataclass(frozen=True, kw_only=True)
class KnobSet:
    """The knobs of one server: every attribute of a subclass is one."""

    @classmethod
    def parse(cls, settings: Iterable[str]) -> Self:
        """Read `NAME=VALUE` words, as the command line has them; the last of a name counts.

        Raises:
            KnobError: A word without `=`, an unknown name, or a value the knob does not take.
        """
        return cls(**dict(cls._parsed(setting) for setting in settings))

    @classmethod
    def choices_of(cls, name: str) -> tuple[str, ...]:
        """Return the values that a knob takes; none if it takes any number, offset or names."""
        return cast("tuple[str, ...]", get_args(get_type_hints(cls)[name]))

    @classmethod
    def _parsed(cls, setting: str) -> tuple[str, Any]:
        name, equals, value = (part.strip() for part in setting.partition("="))
        known = [knob.name for knob in fields(cls)]
        if not equals:
            raise KnobError(f"knob {setting!r} has no value; write NAME=VALUE")
        if name not in known:
            raise KnobError(f"unknown knob {name!r}{_nearest(name, known)}")
        return name, cls._value(name, value)

    @classmethod
    def _value(cls, name: str, value: str) -> str | float:
        choices = cls.choices_of(name)
        if not choices:
            return _PARSERS[type(getattr(cls(), name))](name, value)
        if value not in choices:
            raise KnobError(f"knob {name}={value!r} is not one of {', '.join(choices)}")
        return value


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError as exc:
        raise KnobError(f"knob {name}={value!r} is not a number of seconds") from exc
    if not 0 <= seconds < float("inf"):
        raise KnobError(f"knob {name}={value!r} must be 0 seconds or more")
    return seconds


_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-4]):[0-5][0-9]", re.ASCII)


_UNITS = {"_bytes": "bytes", "_count": "times"}
"""By the end of the name."""


def unit_of(name: str) -> str:
    """Return what a knob counts that takes whole numbers."""
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "characters")


def _count(name: str, value: str) -> int:
    if not _DIGITS.fullmatch(value):
        raise KnobError(f"knob {name}={value!r} is not a number of {unit_of(name)} such as 255")
    return int(value)


_NAMES = re.compile(r"[a-z_]*(?:,[a-z_]+)*", re.ASCII)


def _text(name: str, value: str) -> str:
    return _names(name, value) if name.endswith("_names") else _offset(name, value)


def _names(name: str, value: str) -> str:
    if not _NAMES.fullmatch(value):
        raise KnobError(f"knob {name}={value!r} is not a list of names such as runs,releases")
    return value


def _offset(name: str, value: str) -> str:
    if not _OFFSET.fullmatch(value):
        raise KnobError(f"knob {name}={value!r} is not an offset from UTC such as +02:00")
    return value


_PARSERS: dict[type, Callable[[str, str], str | float]] = {
    float: _seconds,
    int: _count,
    str: _text,
}
"""By the type of the knob's default."""
