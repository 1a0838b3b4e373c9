from __future__ import annotations

import pytest
from _pytest.junitxml import mangle_test_address  # noqa: TID251 (what pytest writes is held)
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.test_ids import normal_form, seen_from
from tests.every import every

segments = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,5}", fullmatch=True)
folders = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,5}[a-z0-9]", fullmatch=True)
parameters = st.one_of(st.just(""), st.text(max_size=8).map(lambda text: f"[{text}]"))
addresses = st.builds(
    lambda path, file, names: "::".join(["/".join([*path, f"{file}.py"]), *names]),
    st.lists(folders, max_size=3),
    segments,
    st.lists(segments, min_size=1, max_size=3),
)
node_ids = st.builds(str.__add__, addresses, parameters)


def junit_spelling(node_id: str) -> str:
    """Return `classname.name` as pytest's own --junitxml writes it for a test."""
    return ".".join(mangle_test_address(node_id))


@given(node_ids)
def test_a_test_has_one_normal_form_in_pytest_and_in_the_junit_file_of_the_session(
    node_id: str,
) -> None:
    assert normal_form(junit_spelling(node_id)) == normal_form(node_id)


@given(node_ids)
def test_the_normal_form_of_a_normal_form_is_itself(node_id: str) -> None:
    assert normal_form(normal_form(node_id)) == normal_form(node_id)


@every(
    "spelling, other",
    [
        pytest.param("tests/test_a.py::test_x", "tests.test_a.test_x", id="function"),
        pytest.param("tests/test_a.py::TestX::test_y", "tests.test_a.TestX.test_y", id="class"),
        pytest.param("tests/test_a.py", "tests.test_a", id="file"),
        pytest.param("tests/", "tests", id="folder with a slash at its end"),
        pytest.param("./tests/test_a.py", "tests/test_a.py", id="path from here"),
        pytest.param("test_a.py::test_x", "test_a.test_x", id="file in the rootdir"),
        pytest.param("a.b/test_a.py::test_x", "a.b.test_a.test_x", id="folder with a dot"),
        pytest.param("a/x.py::t[1.5/b::c.py]", "a.x.t[1.5/b::c.py]", id="parameters"),
        pytest.param("src/m.py::src.m.f", "src.m.src.m.f", id="doctest"),
        pytest.param("/tests//test_a.py", "tests/test_a.py", id="surplus slashes"),
    ],
)
def test_two_spellings_are_one_test(spelling: str, other: str) -> None:
    assert normal_form(spelling) == normal_form(other)


@every(
    "first, second",
    [
        pytest.param("t.py::test[1.5]", "t.py::test[1/5]", id="dot and slash in parameters"),
        pytest.param("t.py::test[a::b]", "t.py::test[a/b]", id="colons in parameters"),
        pytest.param("t.py::test[a.py]", "t.py::test[a]", id="file in parameters"),
        pytest.param("t.py::test", "t.py::test[]", id="empty parameter"),
        pytest.param("t.py::test_a", "t.py::test_A", id="letter case"),
        pytest.param("t.py::test_a", "t_test_a", id="underscore"),
        pytest.param("copy.py::t", "co.t", id="py at the end of a name"),
        pytest.param("my.python/a.py", "mython/a.py", id="py inside of a name"),
    ],
)
def test_different_tests_stay_different(first: str, second: str) -> None:
    assert normal_form(first) != normal_form(second)


def test_parameters_are_kept_as_they_are() -> None:
    assert normal_form("a/t.py::f[x/y.py::z[1]]").endswith("f[x/y.py::z[1]]")


@every(
    "test_id, seen",
    [
        ("my.sub/t/a.py::f[my.sub/t/]", "a.py::f[my.sub/t/]"),
        ("my.sub.t.a.f", "a.f"),
        ("./my.sub//t/a.py::f", "a/f"),
        ("my.sub/t2/a.py::f", "my.sub/t2/a.py::f"),
        ("t/a.py::f", "t/a.py::f"),
    ],
)
def test_a_test_id_seen_from_a_folder(test_id: str, seen: str) -> None:
    assert seen_from("my.sub/t", test_id) == seen
