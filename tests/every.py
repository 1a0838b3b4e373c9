"""Many values in one test, for what takes less time than pytest needs for a test of its own."""

from __future__ import annotations

import functools
import inspect
import reprlib
import traceback
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PARAM = type(pytest.param())
_shown = reprlib.Repr()
_shown.maxstring = _shown.maxother = 200


def every(
    names: str, values: Iterable[Any], *, ids: Iterable[object] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let one test check every value, and fail with each one for which it fails.

    Takes what `pytest.mark.parametrize` takes, which makes a test of each value. The values share
    the fixtures of the test; but of `tmp_path` each has a folder of its own.
    """
    arguments = [name.strip() for name in names.split(",")]
    values, ids = list(values), list(ids)
    assert values, "a test without a value checks nothing"
    called = [str(name) for name in ids] or [_name(value) for value in values]
    cases = [dict(zip(arguments, _parts(each, arguments), strict=True)) for each in values]
    assert len(called) == len(cases)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(test)
        others = [each for each in signature.parameters.values() if each.name not in arguments]

        @functools.wraps(test)
        def check_all(**fixtures: Any) -> None:
            failures = []
            for number, case in enumerate(cases):
                given = {**fixtures, **case}
                if "tmp_path" in fixtures:
                    given["tmp_path"] = fixtures["tmp_path"] / str(number)
                    given["tmp_path"].mkdir()
                try:
                    test(**given)
                except (Exception, pytest.fail.Exception):  # noqa: BLE001 (told below)
                    failures.append(f"with {called[number]}:\n{traceback.format_exc()}")
            if failures:
                told = f"{len(failures)} of {len(cases)} values fail"
                pytest.fail("\n".join([told, *failures]), pytrace=False)

        vars(check_all)["__signature__"] = signature.replace(parameters=others)
        return check_all

    return decorate


def _parts(value: Any, arguments: list[str]) -> tuple[Any, ...]:
    if isinstance(value, _PARAM):
        assert not value.marks
        return tuple(value.values)
    return tuple(value) if arguments[1:] else (value,)


def _name(value: Any) -> str:
    if isinstance(value, _PARAM):
        return str(value.id) if value.id else _name(value.values)
    return _shown.repr(value)
