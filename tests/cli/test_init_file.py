"""The file that `pytest-jama init` writes says what was meant, whatever names are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.cli.init.init_conduct import load_given
from pytest_jama.cli.init.init_file import JamaDraft, comment, jama_text, literal, scalar
from pytest_jama.cli.init.init_ids import KnownIds
from pytest_jama.cli.init.init_links import MapLine, ProposedLinks, guess_project, propose_links
from pytest_jama.cli.init.init_repository import FoundTest
from pytest_jama.core.test_ids import normal_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.config import Settings

_NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(
    lambda text: text.strip() == text and normal_form(text) and "*" not in text
)


def _load(**said: object) -> Settings:
    draft = JamaDraft(
        url="https://acme.jamacloud.com",
        is_rehearsal=False,
        **{"project": "PUMP", "plan": "P", "cycle": "C", **said},  # type: ignore[arg-type]
    )
    loaded: Settings = load_given({}, text=jama_text(draft))
    return loaded


@given(key=_NAMES, name=_NAMES, why=_NAMES)
@pytest.mark.parametrize("is_live", [True, False])
def test_keys_and_names_are_read_as_they_were_meant(
    key: str, name: str, why: str, *, is_live: bool
) -> None:
    links = ProposedLinks(entries=(MapLine(key, ("PUMP-TC-1",), why, is_live=is_live),))
    loaded = _load(plan=scalar(literal(name)), project_name=why, links=links)
    assert loaded.plan.name == name
    assert [found for found, _ in loaded.tests.items()] == [normal_form(key)] * is_live


@given(text=st.text(max_size=300))
def test_a_comment_is_one_line(text: str) -> None:
    assert len(f"# {comment(text)}".splitlines()) == 1


def test_what_a_server_asks_for_is_written_below_its_place() -> None:
    loaded = _load(
        cycle="{id: 7}",
        fields={"cycle": {"Test: phase": "Alpha, early"}, "run": {"Bench": "yes"}},
        open_fields={"plan": {"Sponsor": "a text"}},
        run={"write": "put"},
    )
    assert (loaded.cycle.id, loaded.plan.name) == (7, "P")
    assert loaded.cycle.fields == {"Test: phase": "Alpha, early"}
    assert (loaded.run.fields, loaded.run.write) == ({"Bench": "yes"}, "put")


def _tests(*said: tuple[str, Sequence[str], KnownIds]) -> list[FoundTest]:
    return [FoundTest(test_id, tuple(above), ids) for test_id, above, ids in said]


def _keys(tests: Sequence[FoundTest], *, is_rehearsal: bool = False) -> list[tuple[str, ...]]:
    links = propose_links(tests, project="PUMP", is_rehearsal=is_rehearsal)
    return [(line.key, *line.refs) for line in links.entries if line.is_live]


def test_a_line_names_no_more_tests_than_have_the_id() -> None:
    one, two = KnownIds(("PUMP-TC-1",)), KnownIds(("PUMP-TC-2",))
    tests = _tests(
        ("a.py::TestA::test_x[1]", ("a.py", "a.py::TestA"), one),
        ("a.py::TestA::test_x[2]", ("a.py", "a.py::TestA"), one),
        ("a.py::TestA::test_y", ("a.py", "a.py::TestA"), one),
        ("a.py::test_z[1]", ("a.py",), one),
        ("a.py::test_z[2]", ("a.py",), two),
        ("b.py::test_alone", ("b.py",), two),
    )
    assert _keys(tests) == [
        ("a.py::TestA", "PUMP-TC-1"),
        ("a.py::test_z[1]", "PUMP-TC-1"),
        ("a.py::test_z[2]", "PUMP-TC-2"),
        ("b.py::test_alone", "PUMP-TC-2"),
    ]


def test_many_tests_without_an_id_get_a_line_for_each_file() -> None:
    tests = _tests(*((f"{n % 3}.py::test_{n}", (f"{n % 3}.py",), KnownIds()) for n in range(30)))
    assert _keys(tests, is_rehearsal=True) == [
        ("0.py", "PUMP-TC-1"),
        ("1.py", "PUMP-TC-2"),
        ("2.py", "PUMP-TC-3"),
    ]
    assert _keys(tests) == []
    assert _keys(tests[:4], is_rehearsal=True)[0] == ("0.py::test_0", "PUMP-TC-1")


def test_no_more_lines_are_proposed_than_are_read() -> None:
    tests = _tests(*((f"{n}.py::test_{n}", (f"{n}.py",), KnownIds()) for n in range(300)))
    links = propose_links(tests, project="PUMP", is_rehearsal=False)
    assert (len(links.entries), links.omitted) == (40, 260)
    assert "... and 260 more lines" in jama_text(
        JamaDraft(url="https://acme.jamacloud.com", is_rehearsal=False, project="P", links=links)
    )


def test_the_project_of_most_ids_is_proposed() -> None:
    ids = [KnownIds(("A-TC-1",)), KnownIds(("B-TC-1", "B-TC-2")), KnownIds(("20497",))]
    tests = _tests(*((f"a.py::test_{n}", ("a.py",), each) for n, each in enumerate(ids)))
    assert (guess_project(tests), guess_project([])) == ("B", "")
