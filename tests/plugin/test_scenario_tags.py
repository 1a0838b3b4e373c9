"""Tags of feature files as references, as pytest-bdd hands them over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.cases import NO_CASE
from pytest_jama.plugin.markers import MarkerReader
from pytest_jama.plugin.scenario_steps import ScenarioTags
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Callable

    Collect = Callable[[str], dict[str, pytest.Item]]

apply_tag = ScenarioTags().pytest_bdd_apply_tag


@pytest.mark.parametrize(
    "tag, links",
    [
        ("jama:A-TC-1", ["A-TC-1"]),
        ("jama:A-TC-1,20497#2", ["20497#2", "A-TC-1"]),
        ("jama:GID-5", ["GID-5"]),
        ("jama:None", ["none"]),
    ],
)
def test_tag_is_the_marker(collect: Collect, tag: str, links: list[str]) -> None:
    item = _collect(collect, f"apply_tag({tag!r}, test_it)")
    assert sorted(map(str, MarkerReader().read(item).links)) == links


def test_tag_of_examples_is_a_marker_of_that_name(collect: Collect) -> None:
    mark = 'getattr(pytest.mark, "jama:A-TC-1,A-TC-2#3")'
    with pytest.warns(pytest.PytestUnknownMarkWarning):
        item = _collect(collect, f"test_it = {mark}(test_it)")
    assert list(map(str, MarkerReader().read(item).links)) == ["A-TC-1", "A-TC-2#3"]


def test_wrong_tag_is_quoted_and_the_others_count(collect: Collect) -> None:
    tags = ("jama:A-TC-1", "jama:nonsense,A-TC-2")
    behind = "\n".join(f"apply_tag({tag!r}, test_it)" for tag in tags)
    said = MarkerReader().read(_collect(collect, behind))
    assert sorted(map(str, said.links)) == ["A-TC-1", "A-TC-2"]
    (wrong,) = map(str, said.wrong)
    assert wrong.startswith("@pytest.mark.jama('nonsense'): 'nonsense' is not a case reference")


def test_none_beats_the_tags_of_the_feature(collect: Collect) -> None:
    tags = ("jama:none", "jama:A-TC-1")
    behind = "\n".join(f"apply_tag({tag!r}, test_it)" for tag in tags)
    assert MarkerReader().read(_collect(collect, behind)).links == (NO_CASE,)


def _collect(collect: Collect, behind: str) -> pytest.Item:
    head = "import pytest\nfrom tests.plugin.test_scenario_tags import apply_tag\n"
    return collect(f"{head}def test_it(): pass\n{behind}\n")["test_it"]


@every("tag", ["slow", "jama", "jamaica:A-TC-1"])
def test_other_tags_are_left_to_pytest_bdd(tag: str) -> None:
    assert apply_tag(tag, lambda: None) is None
