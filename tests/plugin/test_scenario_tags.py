"""Tags of feature files as references, as pytest-bdd hands them over."""

from __future__ import annotations

import pytest

from pytest_jama.plugin import pytest_bdd_apply_tag
from pytest_jama.plugin.collection import MarkerError, MarkerReader


@pytest.mark.parametrize(
    "tag, links",
    [
        ("jama:A-TC-1", ["A-TC-1"]),
        ("jama:A-TC-1,20497#2", ["20497#2", "A-TC-1"]),
        ("jama:GID-5", ["GID-5"]),
    ],
)
def test_tag_is_the_marker(pytester: pytest.Pytester, tag: str, links: list[str]) -> None:
    item = _collect(pytester, f"pytest_bdd_apply_tag({tag!r}, test_it)")
    assert sorted(map(str, MarkerReader().read(item))) == links


def test_tag_of_examples_is_a_marker_of_that_name(pytester: pytest.Pytester) -> None:
    mark = 'getattr(pytest.mark, "jama:A-TC-1,A-TC-2#3")'
    with pytest.warns(pytest.PytestUnknownMarkWarning):
        item = _collect(pytester, f"test_it = {mark}(test_it)")
    assert list(map(str, MarkerReader().read(item))) == ["A-TC-1", "A-TC-2#3"]


def test_wrong_tag_is_quoted(pytester: pytest.Pytester) -> None:
    with pytest.warns(pytest.PytestUnknownMarkWarning):
        item = _collect(pytester, 'test_it = getattr(pytest.mark, "jama:nonsense")(test_it)')
    with pytest.raises(MarkerError, match=r"^@jama:nonsense: 'nonsense' is not a case reference"):
        MarkerReader().read(item)


def _collect(pytester: pytest.Pytester, behind: str) -> pytest.Item:
    head = "import pytest\nfrom pytest_jama.plugin import pytest_bdd_apply_tag\n"
    (item,) = pytester.getitems(f"{head}def test_it(): pass\n{behind}\n")
    return item


@pytest.mark.parametrize("tag", ["slow", "jama", "jamaica:A-TC-1"])
def test_other_tags_are_left_to_pytest_bdd(tag: str) -> None:
    assert pytest_bdd_apply_tag(tag, lambda: None) is None
