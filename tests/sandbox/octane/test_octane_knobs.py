"""Knobs of the stand-in are read from words and documented in one place."""

from __future__ import annotations

import re
from dataclasses import Field, fields
from typing import Any

import pytest

from pytest_jama.sandbox.knob_words import KnobError, unit_of
from pytest_jama.sandbox.octane import OctaneKnobs
from tests.every import every
from tests.sandbox.documentation import documented_rows


def test_words_set_knobs() -> None:
    words = ["task_poll_count=0", "until=z", "build_delay_s=1.5", "forbidden_names=runs,releases"]
    wanted = OctaneKnobs(
        task_poll_count=0, until="z", build_delay_s=1.5, forbidden_names="runs,releases"
    )
    assert OctaneKnobs.parse(words) == wanted


@every(
    "word, message",
    [
        ("task_polls=1", "unknown knob 'task_polls'; did you mean 'task_poll_count'?"),
        ("task_poll_count=x", "task_poll_count='x' is not a number of times such as 255"),
        ("until=utc", "'utc' is not one of offset, z"),
        ("preview_names=a b", "preview_names='a b' is not a list of names such as runs,releases"),
    ],
)
def test_a_wrong_word_is_refused_with_a_remedy(word: str, message: str) -> None:
    with pytest.raises(KnobError, match=re.escape(message)):
        OctaneKnobs.parse([word])


def test_the_documentation_lists_every_knob_with_default_choices_and_reason() -> None:
    lines = [
        f"| `{knob.name}` | {shown(knob.default)} | "
        f"{', '.join(f'`{other}`' for other in others(knob)) or takes(knob)} | "
        f"{knob.metadata['why']} |"
        for knob in fields(OctaneKnobs)
    ]
    assert documented_rows("| knob of Octane | default |") == lines


def takes(knob: Field[Any]) -> str:
    if isinstance(knob.default, int):
        return unit_of(knob.name)
    return "seconds" if isinstance(knob.default, float) else "names of collections"


def shown(default: object) -> str:
    if default == "":
        return "none"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def others(knob: Field[Any]) -> list[str]:
    return [value for value in OctaneKnobs.choices_of(knob.name) if value != knob.default]
