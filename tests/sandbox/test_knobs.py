"""Knobs are read from words and documented in one place."""

from __future__ import annotations

import re
from dataclasses import Field, fields
from typing import Any

import pytest

from pytest_jama.sandbox.jama.knobs import Knobs, choices_of
from pytest_jama.sandbox.knob_words import KnobError, unit_of
from tests.every import every
from tests.sandbox.documentation import documented_rows


def test_words_set_knobs_and_the_rest_keeps_its_default() -> None:
    words = ["status_rule=last_step", "search_lag_s = 1.5", "name_limit=255", "server_zone=-03:30"]
    wanted = Knobs(status_rule="last_step", search_lag_s=1.5, name_limit=255, server_zone="-03:30")
    assert Knobs.parse(words) == wanted


def test_the_last_word_of_a_knob_counts() -> None:
    assert Knobs.parse(["auth=basic", "auth=oauth"]).auth == "oauth"


@every(
    "word, message",
    [
        ("status_rules=x", "unknown knob 'status_rules'; did you mean 'status_rule'?"),
        ("status_rule=maybe", "'maybe' is not one of fail_first, inprogress_until_complete, "),
        ("status_rule", "knob 'status_rule' has no value; write NAME=VALUE"),
        ("search_lag_s=soon", "search_lag_s='soon' is not a number of seconds"),
        ("search_lag_s=-1", "search_lag_s='-1' must be 0 seconds or more"),
        ("name_limit=many", "name_limit='many' is not a number of characters such as 255"),
        ("file_limit_bytes=1e6", "file_limit_bytes='1e6' is not a number of bytes"),
        ("text_limit=-1", "text_limit='-1' is not a number of characters"),
        ("server_zone=Berlin", "server_zone='Berlin' is not an offset from UTC such as +02:00"),
        ("search_lag_s=nan", "search_lag_s='nan' must be 0 seconds or more"),
    ],
)
def test_a_wrong_word_is_refused_with_a_remedy(word: str, message: str) -> None:
    with pytest.raises(KnobError, match=re.escape(message)):
        Knobs.parse([word])


def test_a_name_like_no_other_is_answered_with_all_names() -> None:
    with pytest.raises(KnobError, match="known are unknown_field, created_id"):
        Knobs.parse(["zzzz=1"])


def test_the_documentation_lists_every_knob_with_default_choices_and_reason() -> None:
    lines = [
        f"| `{knob.name}` | `{shown(knob.default)}` | "
        f"{', '.join(f'`{other}`' for other in others(knob)) or takes(knob)} | "
        f"{knob.metadata['why']} |"
        for knob in fields(Knobs)
    ]
    assert documented_rows("| knob | default |") == lines


def takes(knob: Field[Any]) -> str:
    if isinstance(knob.default, int):
        return unit_of(knob.name)
    return "seconds" if isinstance(knob.default, float) else "an offset such as `+02:00`"


def shown(default: object) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)


def others(knob: Field[Any]) -> list[str]:
    return [value for value in choices_of(knob.name) if value != knob.default]
