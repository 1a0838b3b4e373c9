from __future__ import annotations

import pytest

from pytest_jama.core.results import Outcome, ReportedName, TestResult
from pytest_jama.targets.octane.test_names import name_of, split_test_id
from tests.every import every


@every(
    "test_id, expected",
    [
        pytest.param(
            "tests/test_a.py::TestX::test_y[1.5]",
            ("tests.test_a", "TestX", "test_y[1.5]"),
            id="class",
        ),
        pytest.param("tests/test_a.py::test_y", ("tests", "test_a", "test_y"), id="function"),
        pytest.param("test_a.py::test_y", ("", "test_a", "test_y"), id="file at the root"),
        pytest.param(
            "test_a.py::TestX::TestY::test_z",
            ("test_a.TestX", "TestY", "test_z"),
            id="class in a class",
        ),
        pytest.param(
            "a/b-c.py::test_y[a::b/c.d[0]]",
            ("a", "b-c", "test_y[a::b/c.d[0]]"),
            id="parameters that look like a path",
        ),
        pytest.param("a[1]/b.py::t", ("", "", "a[1]/b.py::t"), id="folder with a bracket"),
        pytest.param("../x/b.py::t", ("...x", "b", "t"), id="above the rootdir"),
        pytest.param("a\\b\\c.py::t", ("a.b", "c", "t"), id="path of Windows"),
        pytest.param("docs/use.md::use.md", ("docs.use", "md", "use.md"), id="doctest of a text"),
        pytest.param("src/m.py::m.f", ("src", "m", "m.f"), id="doctest of a module"),
        pytest.param("tests/test_a.py", ("", "", "tests.test_a"), id="file"),
        pytest.param("tests/t.py::t[x]@lot", ("tests", "t", "t[x]@lot"), id="group of xdist"),
        pytest.param("tests/pkg", ("", "", "tests.pkg"), id="folder"),
        pytest.param("use.md", ("", "", "use.md"), id="file that is not of Python"),
        pytest.param("a/t.py::TestX", ("a", "t", "TestX"), id="class that cannot be collected"),
        pytest.param("", ("", "", ""), id="nothing"),
    ],
)
def test_test_id_is_split_as_the_collection_tool_splits_the_report_of_pytest(
    test_id: str, expected: tuple[str, str, str]
) -> None:
    assert split_test_id(test_id) == expected


def test_report_tells_where_the_class_ends() -> None:
    result = TestResult("com.acme.Config.loads v1.2 files", Outcome.PASSED)._replace(
        reported=ReportedName("com.acme.Config", "loads v1.2  files")
    )

    assert name_of(result) == ("com.acme", "Config", "loads v1.2  files")
