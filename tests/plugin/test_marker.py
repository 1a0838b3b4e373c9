"""Which cases the markers of a test name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.plugin.markers import MarkerReader

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

SOURCE = """
import pytest

jama = pytest.mark.jama
pytestmark = jama("A-TC-1")

def test_module(): pass

@jama("A-TC-2", 20497)
def test_function(): pass

@jama("A-TC-3")
@jama("A-TC-4", step=2)
def test_stacked(): pass

@pytest.mark.parametrize("x", [1, pytest.param(2, marks=jama("A-TC-5"))])
@jama("A-TC-6")
def test_parameter(x): pass

@jama("A-TC-7")
class TestBase:
    def test_class(self): pass

    @jama("A-TC-8")
    def test_method(self): pass

class TestChild(TestBase):
    pass

@jama("A-TC-9")
class TestSibling(TestBase):
    class TestInner:
        def test_nested(self): pass

@jama("A-TC-10", "A-TC-10")
def test_twice(): pass
"""

LINKS = {
    "test_module": "A-TC-1",
    "test_function": "A-TC-2,20497",
    "test_stacked": "A-TC-4#2,A-TC-3",
    "test_parameter[1]": "A-TC-6",
    "test_parameter[2]": "A-TC-5",
    "TestBase::test_class": "A-TC-7",
    "TestBase::test_method": "A-TC-8",
    "TestChild::test_class": "A-TC-7",
    "TestChild::test_method": "A-TC-8",
    "TestSibling::test_class": "A-TC-9",
    "TestSibling::test_method": "A-TC-8",
    "TestSibling::TestInner::test_nested": "A-TC-9",
    "test_twice": "A-TC-10",
}


def test_nearest_marker_wins(collect: Callable[[str], dict[str, pytest.Item]]) -> None:
    items = collect(SOURCE)
    links = {
        name: ",".join(map(str, MarkerReader().read(item).links)) for name, item in items.items()
    }
    assert {name: set(text.split(",")) for name, text in links.items()} == {
        name: set(text.split(",")) for name, text in LINKS.items()
    }


WRONG = {
    "": "names no test case",
    "'nonsense'": "'nonsense' is not a case reference",
    "None, 'A-TC-1'": "None stands alone, it takes a test out of all cases",
    "None, step=2": "None stands alone, it takes a test out of all cases",
    "True": "True is not a case reference",
    "['A-TC-1']": "is not a case reference",
    "'A-TC-1', stp=2": "unknown argument 'stp', only step= is known",
    "'A-TC-1', step=0": "0 is not a step number",
    "'A-TC-1', step='two'": "is not a step number",
}


def test_wrong_marker_is_quoted_and_explained(
    collect: Callable[[str], dict[str, pytest.Item]],
) -> None:
    tests = (
        f"@pytest.mark.jama({arguments})\ndef test_{number}(): pass\n"
        for number, arguments in enumerate(WRONG)
    )
    items = collect("".join(["import pytest\n", *tests])).values()
    said = {
        arguments: [str(each) for each in MarkerReader().read(item).wrong]
        for arguments, item in zip(WRONG, items, strict=True)
    }
    assert [arguments for arguments, wrong in said.items() if len(wrong) != 1] == []
    others = {
        arguments: wrong
        for arguments, (wrong,) in said.items()
        if WRONG[arguments] not in wrong or not wrong.startswith("@pytest.mark.jama(")
    }
    assert others == {}


def test_farther_marker_is_not_even_read(
    collect: Callable[[str], dict[str, pytest.Item]],
) -> None:
    source = """
        import pytest
        pytestmark = pytest.mark.jama("nonsense")
        @pytest.mark.jama("A-TC-1")
        def test_it(): pass
    """
    said = MarkerReader().read(collect(source)["test_it"])
    assert list(map(str, said.links)) == ["A-TC-1"]
    assert not said.wrong


def test_wrong_marker_does_not_take_a_test_out_of_farther_ones(
    collect: Callable[[str], dict[str, pytest.Item]],
) -> None:
    source = """
        import pytest
        jama = pytest.mark.jama
        @jama("A-TC-1")
        class TestAll:
            @jama("nonsense")
            def test_one(self): pass
            @jama("nonsense", 20497)
            def test_part(self): pass
            @jama("nonsense, A-TC-2")
            def test_list(self): pass
            @pytest.mark.parametrize("x", [pytest.param(1, marks=jama("bad"))])
            @jama("A-TC-3")
            def test_parameter(self, x): pass
        @jama("nonsense")
        class TestChild(TestAll):
            def test_two(self): pass
        @jama(None)
        class TestNone:
            @jama("nonsense")
            def test_three(self): pass
    """
    said = {name: MarkerReader().read(item) for name, item in collect(source).items()}
    assert {name: ",".join(map(str, each.links)) for name, each in said.items()} == {
        "TestAll::test_one": "A-TC-1",
        "TestAll::test_part": "20497",
        "TestAll::test_list": "A-TC-2",
        "TestAll::test_parameter[1]": "A-TC-3",
        "TestChild::test_one": "A-TC-1",
        "TestChild::test_part": "20497",
        "TestChild::test_list": "A-TC-2",
        "TestChild::test_parameter[1]": "A-TC-3",
        "TestChild::test_two": "A-TC-1",
        "TestNone::test_three": "none",
    }
    assert all(each.wrong for each in said.values())
