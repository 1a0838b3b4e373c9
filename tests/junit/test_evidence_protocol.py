"""A law: what a test says of itself survives the way through JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.properties import evidence_properties
from pytest_jama.core.text import clean
from tests.junit.reports import read_one

texts = st.text(min_size=1, max_size=80).map(clean).filter(lambda text: "\r" not in text)
steps = st.tuples(
    st.integers(1, 20),
    st.sampled_from(["passed", "failed", "skipped", "xfailed"]),
    texts | st.just(""),
)


@given(steps=st.lists(steps, max_size=6), notes=st.lists(texts, max_size=3))
def test_steps_and_notes_are_read_as_they_were_written(
    steps: list[tuple[int, str, str]], notes: list[str]
) -> None:
    block = ET.Element("properties")
    for name, value in evidence_properties(steps, notes):
        ET.SubElement(block, "property", name=name, value=value)
    result = read_one(ET.tostring(block, encoding="unicode")).as_result()
    assert [(step.number, step.outcome.value, step.note) for step in result.steps] == steps
    assert list(result.notes) == notes


def test_note_is_kept_beside_a_step_that_cannot_be_understood() -> None:
    said = [("jama_note", "bench 3"), ("jama_step", "zero"), ("jama_note", " ")]
    items = "".join(f'<property name="{name}" value="{value}"/>' for name, value in said)
    assert read_one(f"<properties>{items}</properties>").as_result().notes == ("bench 3", " ")
