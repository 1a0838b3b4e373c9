"""``${NAME}`` in texts."""

from __future__ import annotations

import pytest

from pytest_jama.config.interpolation import FormError, UnsetError, interpolate
from tests.every import every

VALUES = {"A": "alpha", "B": "${A}", "N_1": "one"}


def look_up(name: str) -> str:
    if name in VALUES:
        return VALUES[name]
    raise UnsetError(f"{name} is not set", "set it")


@every(
    "text,result",
    [
        pytest.param("plain", "plain", id="nothing-to-do"),
        pytest.param("", "", id="empty"),
        pytest.param("x ${A} y ${N_1}", "x alpha y one", id="names"),
        pytest.param("${A:-other}", "alpha", id="default-not-needed"),
        pytest.param("${X:-other}", "other", id="default"),
        pytest.param("${X:-}", "", id="empty-default"),
        pytest.param("${X:-a:-b}", "a:-b", id="default-with-colon"),
        pytest.param("${X:-${Y:-deep}!}", "deep!", id="nested-default"),
        pytest.param("${A:-${X}}", "alpha", id="unneeded-default-is-not-looked-at"),
        pytest.param("${X:-$${A}", "${A", id="escaped-in-default"),
        pytest.param("${B}", "${A}", id="not-searched-again"),
        pytest.param("$${A}", "${A}", id="escaped"),
        pytest.param("$$${A}", "$${A}", id="dollar-before-escaped"),
        pytest.param("5$ $A $", "5$ $A $", id="lone-dollars"),
        pytest.param("}{${A}}", "}{alpha}", id="lone-braces"),
        pytest.param("${X:-two\nlines}", "two\nlines", id="line-break"),
    ],
)
def test_names_and_defaults_are_filled_in(text: str, result: str) -> None:
    assert interpolate(text, look_up) == result


def test_a_name_without_value_and_default_is_an_error() -> None:
    with pytest.raises(UnsetError, match="X is not set"):
        interpolate("${A} ${X}", look_up)


@every(
    "text,message",
    [
        pytest.param("${", "has a ${ without }", id="bare"),
        pytest.param("${A", "has a ${ without }", id="open"),
        pytest.param("${X:-${A}", "has a ${ without }", id="open-around-default"),
        pytest.param("${}", "has ${}, which is not understood", id="no-name"),
        pytest.param("${A-b}", "has ${A-b}, which is not understood", id="other-shell-form"),
        pytest.param("${1}", "has ${1}, which is not understood", id="number"),
        pytest.param("${ A }", "has ${ A }, which is not understood", id="blanks"),
        pytest.param("${X:-${A?}}", "has ${A?}, which is not understood", id="in-default"),
    ],
)
def test_what_is_not_understood_is_an_error(text: str, message: str) -> None:
    with pytest.raises(FormError) as caught:
        interpolate(text, look_up)
    assert caught.value.message == message
