from __future__ import annotations

from junit_uploader.junit.attributes import identify, is_plain
from junit_uploader.junit.dialects import KNOWN
from pytest_jama.core.test_ids import normal_form
from tests.every import every
from tests.junit.reports import read, suite


@every(
    "attributes, expected",
    [
        ({"classname": "com.acme.LoginTest", "name": "testOk"}, "com.acme.LoginTest.testOk"),
        (
            {"classname": "com.acme.PayTest", "name": "par(String)[1]"},
            "com.acme.PayTest.par(String)[1]",
        ),
        ({"classname": "Math", "name": "Pass"}, "Math.Pass"),
        ({"classname": "Inst/P", "name": "Param/0"}, "Inst/P.Param/0"),
        (
            {"classname": "a.test.js", "name": "outer > inner > adds"},
            "a.test.js.outer > inner > adds",
        ),
        (
            {"classname": "example.com/m/pkg", "name": "TestSub/a_b"},
            "example.com/m/pkg.TestSub/a_b",
        ),
        ({"classname": "Shop.Cart Suite", "name": "Pays By Card"}, "Shop.Cart Suite.Pays By Card"),
        (
            {"classname": "t.test_a.TestX", "name": "test_y[1.5-a b]"},
            "t.test_a.TestX.test_y[1.5-a b]",
        ),
        ({"classname": "a", "class": "b", "name": "n"}, "a.n"),
        ({"class": "App\\CartTest", "name": "testPays"}, "App\\CartTest.testPays"),
        ({"classname": " ", "class": "", "name": "n"}, "unit.n"),
        ({"name": "n"}, "unit.n"),
        ({"classname": "a", "name": " "}, "a.(unnamed)"),
        ({}, "unit.(unnamed)"),
        ({"classname": "a", "name": "two\n lines\tand  more "}, "a.two lines and more"),
    ],
)
def test_test_id_is_classname_and_name_in_one_line(
    attributes: dict[str, str],
    expected: str,
) -> None:
    assert identify(attributes, "unit", KNOWN).test_id == expected


def node_case(name: str) -> str:
    return f'<testcase name="{name}" time="0.1" classname="test"/>'


def test_suites_stand_for_the_class_that_node_does_not_write() -> None:
    valve = suite(node_case("opens"), node_case("a"), suite(node_case("opens")))
    door = suite(node_case("opens"), attributes='name="door"')
    reading = read(f"<testsuites>{valve}{door}{node_case('opens')}{node_case(' ')}</testsuites>")
    assert [(each.test_id, each.classname, each.name) for each in reading.testcases] == [
        ("unit.opens", "test", "opens"),
        ("unit.a", "test", "a"),
        ("unit.unit.opens", "test", "opens"),
        ("door.opens", "test", "opens"),
        ("test.opens", "test", "opens"),
        ("test.(unnamed)", "test", "(unnamed)"),
    ]


def test_module_that_is_called_test_is_not_a_test_of_node() -> None:
    reading = read(
        suite('<testcase classname="test" name="test_opens" time="0.1"/>', node_case("a"))
    )
    assert [each.test_id for each in reading.testcases] == ["test.test_opens", "unit.a"]


def test_name_stands_alone_when_nothing_else_is_known() -> None:
    assert identify({"name": "n"}, "", KNOWN).test_id == "n"


def test_name_is_kept_as_written_where_the_test_id_is_not() -> None:
    assert identify({"classname": "a", "name": "x\ny"}, "", KNOWN).odd_name == "x\ny"


@every(
    "node_id, attributes",
    [
        ("tests/test_a.py::test_b", {"classname": "tests.test_a", "name": "test_b"}),
        ("tests/test_a.py::TestC::test_d", {"classname": "tests.test_a.TestC", "name": "test_d"}),
        ("test_a.py::test_b[x/y.py::z]", {"classname": "test_a", "name": "test_b[x/y.py::z]"}),
    ],
)
def test_pytest_node_id_and_junit_test_id_have_one_normal_form(
    node_id: str,
    attributes: dict[str, str],
) -> None:
    assert normal_form(identify(attributes, "pytest", KNOWN).test_id) == normal_form(node_id)


@every("classname", ["", "a", " a", "a ", "a b", "a  b", "\u00a0", "a\tb", "a.", "日"])
@every("name", ["", "n", " n", "n ", "n m", "n\nm", "\u00a0n", ".n", "日 本", "(n)"])
def test_short_way_to_a_test_id_comes_to_the_same(classname: str, name: str) -> None:
    known = identify({"classname": classname, "name": name}, "", KNOWN)
    is_joined = known.test_id == f"{classname}.{name}" and known.odd_name is None
    assert (is_plain(classname) and is_plain(name)) == is_joined
