"""The map `tests:` in CSV files, as spreadsheet programs write them."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.config import config_digests
from pytest_jama.config.kinds import JAMA
from pytest_jama.config.map_entries import forms_of
from pytest_jama.config.map_table import read_table
from pytest_jama.config.map_writing import add_links
from pytest_jama.config.settings_files import SettingsFile
from pytest_jama.core.errors import SettingsError
from tests.config.octane_values import WHERE
from tests.config.octane_values import load as load_octane
from tests.config.values import COMPLETE, load, problems_of, write
from tests.every import every
from tests.work import is_in_proportion

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
"""The checkout that these tests are in; the package may be installed elsewhere."""
ROWS = "test,case,step\nt.py::test_a,P-TC-1,\nt.py::test_b,P-TC-2,3\n"
NAMED = f"{COMPLETE}tests:\n  file: map.csv\n"


def links_in(folder: Path, content: str | bytes, test_id: str = "t.py::test_a") -> list[str]:
    """Return the links of a test when a file with this content is the map."""
    as_bytes = content if isinstance(content, bytes) else content.encode()
    (folder / "map.csv").write_bytes(as_bytes)
    return [str(link) for link in load(folder, NAMED).settings.tests.find(test_id)]


def refusal_of(folder: Path, content: str | bytes, settings: str = NAMED) -> str:
    as_bytes = content if isinstance(content, bytes) else content.encode()
    (folder / "map.csv").write_bytes(as_bytes)
    with pytest.raises(SettingsError) as caught:
        load(folder, settings)
    return str(caught.value)


@every(
    "content",
    [
        ROWS,
        ROWS.replace(",", ";"),
        ROWS.replace(",", "\t"),
        ROWS.replace("\n", "\r\n"),
        ROWS.replace("\n", "\r"),
        ROWS.encode("utf-8-sig"),
        ROWS.replace(",", "\t").encode("utf-16"),
        b"\xfe\xff" + ROWS.encode("utf-16-be"),
        "sep=;\r\n" + ROWS.replace(",", ";"),
        '"sep=|"\n' + ROWS.replace(",", "|"),
        ROWS.replace("test,case,step", "Test , CASE,Step"),
        ROWS.rstrip("\n"),
        "\n,,\n" + ROWS + ",,\n\n",
        '"test","case","step"\n"t.py::test_a","P-TC-1",""\n"t.py::test_b","P-TC-2","3"\n',
        'Area,case,Remark,test,step\nLogin,P-TC-1,"a,\nb",t.py::test_a,\n,P-TC-2,,t.py::test_b,3',
        "test,case,step,,\nt.py::test_a,P-TC-1,,,\nHeading of nothing,,,,\n".replace(
            "Heading of nothing,", ","
        )
        + "t.py::test_b,P-TC-2,3\n",
    ],
)
def test_each_way_in_which_a_spreadsheet_writes_the_same_rows_is_the_same_map(
    tmp_path: Path, content: str | bytes
) -> None:
    assert links_in(tmp_path, content) == ["P-TC-1"]
    assert links_in(tmp_path, content, "t.py::test_b") == ["P-TC-2#3"]


@every(
    "rows,links",
    [
        ("t.py::test_a,P-TC-1\nt.py::test_a,P-TC-2\n", ["P-TC-1", "P-TC-2"]),
        ("t.py::test_a,P-TC-1\nt.py::test_b,P-TC-3\nt.py::test_a,20497\n", ["P-TC-1", "20497"]),
        ("t.py::test_a,P-TC-1\nt.py::test_a,P-TC-1\n", ["P-TC-1"]),
        ('t.py::test_a,"P-TC-1, P-TC-2"\n', ["P-TC-1", "P-TC-2"]),
        ('t.py::test_a,"P-TC-1\nP-TC-2"\n', ["P-TC-1", "P-TC-2"]),
        ("t.py::test_a,P-TC-1#2\n", ["P-TC-1#2"]),
        ("t.py,P-TC-9\nt.py::test_a,none\n", ["none"]),
        ("t.py::*,GID-7\n", ["GID-7"]),
    ],
)
def test_a_test_may_have_several_rows(tmp_path: Path, rows: str, links: list[str]) -> None:
    assert links_in(tmp_path, f"test,case\n{rows}") == links


def test_all_mistakes_of_a_file_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    rows = (
        "test;case;step;requirement\n"
        "t.py::test_1;P-TC-1;1;R-1\n"
        ";P-TC-2;;\n"
        "t.py::test_3;;;\n"
        '"t.py::test\n4";P TC 4;;\n'
        "t.py::test_5;P-TC-5;first;\n"
        "t.py::test_6;P-TC-6;;;surplus\n"
        't.py::test_7;"20,497";;\n'
        "t.py::test_1;none;;\n"
        "t.py::test_8;none;1;\n"
        "t.py::test_9;P-TC-9#1;2;\n"
        ";;4;\n"
        "t.test_1;P-TC-3;;\n"
    )
    assert refusal_of(tmp_path, rows).splitlines() == [
        (
            "map.csv:3: there is 'P-TC-2' without a test; write the test; "
            "of merged cells only one is saved"
        ),
        (
            "map.csv:4: 't.py::test_3' names no test case; write it, or none for no case; "
            "of merged cells only one is saved"
        ),
        (
            r"map.csv:5: 't.py::test\n4': 'P TC 4' is not a case reference; use an API ID (20497), "
            "a document key (JEET1-TC-12) or a global ID (GID-51234)"
        ),
        "map.csv:7: 't.py::test_5': 'first' is not a step number; steps are counted 1, 2, 3, ...",
        "map.csv:8: has 5 cells, and the first row 4; put quotes around a text with a ';' in it",
        (
            "map.csv:9: 't.py::test_7': '20,497' can be one number or several; "
            "write one without commas, several in a row each"
        ),
        "map.csv:10: 't.py::test_1': has none beside a case; leave one of them out",
        "map.csv:11: 't.py::test_8': has a step of none; leave the step out",
        "map.csv:12: 't.py::test_9': has two steps: 'P-TC-9#1' and 2; leave one of them out",
        "map.csv:13: there is only a step; write the test; of merged cells only one is saved",
        (
            "map.csv:14: 't.test_1' names the same tests as 't.py::test_1' on line 2; "
            "merge the two entries: one key may name several cases"
        ),
    ]


def test_of_very_many_mistakes_only_the_first_are_told_and_the_others_counted(
    tmp_path: Path,
) -> None:
    rows = "".join(f"t.py::test_{number},\n" for number in range(2000))
    told = refusal_of(tmp_path, f"test,case\n{rows}").splitlines()
    assert len(told) == 21
    assert told[-1] == "map.csv: 1,980 more rows with mistakes; correct these first"


@every(
    "content,message",
    [
        ("test,case\nt.py::test_\u00e4,P-TC-1\n".encode("cp1252"), "map.csv:2: is not UTF-8; save"),
        (b"PK\x03\x04rest", "map.csv: is a workbook, not CSV; save it as"),
        ("test,case\nt\0,P-TC-1\n", "map.csv: is not a text: it has zero bytes; save it as"),
        ("", "map.csv:1: its first row has no test and no case: it is empty; name the columns"),
        ("Test ID;Case\na;P-1\n", "map.csv:1: its first row has no test: it is 'test id', 'case'"),
        ("test,case,case\n", "map.csv:1: two columns are named case; rename one of them"),
        ('test,case\na,"P-1\nb,P-2\n', "map.csv:2: cannot be read from here on: unexpected end"),
    ],
    ids=["cp1252", "workbook", "zero", "empty", "header", "twice", "quotes"],
)
def test_a_file_that_is_not_such_a_table_is_refused_with_what_to_do(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    assert refusal_of(tmp_path, content).startswith(message)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_is_in_a_file_is_a_table_or_a_mistake(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.csv"
        for head in (b"", b"test,case,step\n", b"sep=;\ntest;case\n", b"\xff\xfe"):
            path.write_bytes(head + content)
            table = read_table(SettingsFile(path, "map.csv"), forms_of(JAMA))
            assert all(problem.origin.startswith("map.csv") for problem in table.problems)
            assert all(entry.links and entry.line > 1 for entry in table.entries)


def test_the_example_of_the_page_is_a_map(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    rows = page.partition("```csv\n")[2].partition("```")[0]
    assert links_in(tmp_path, rows, "tests/test_login.py::TestLockout::test_x") == [
        "JEET1-TC-13",
        "20497",
    ]
    assert links_in(tmp_path, rows, "tests/test_pay.py::test_card") == ["JEET1-TC-20#2"]


def test_the_time_to_read_rows_follows_their_number(tmp_path: Path) -> None:
    def read(count: int) -> Callable[[], object]:
        rows = "".join(f"t.py::test_{row};P-TC-{row};;Ann\n" for row in range(count))
        again = "".join(f"t.py::test;P-TC-{row};;Ann\n" for row in range(count))
        path = write(tmp_path, f"test;case;step;owner\n{rows}{again}", name=f"{count}.csv")
        return lambda: read_table(SettingsFile(path, path.name), forms_of(JAMA))

    assert is_in_proportion(read(500), read(2000))


def test_a_file_that_is_not_there_is_named_with_the_line_that_names_it(tmp_path: Path) -> None:
    problem = problems_of(tmp_path, NAMED.replace("map.csv", "maps/a.csv"))
    assert problem == [
        (
            f"jama.yaml:6: tests.file is 'maps/a.csv', but there is no {tmp_path / 'maps/a.csv'}; "
            "correct the path (a relative one is relative to jama.yaml)"
        )
    ]


def test_several_files_and_entries_beside_them_are_one_map(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path, f"test,case\n{name}.py,P-TC-{name == 'a':d}1\n", name=f"{name}.csv")
    text = f"{COMPLETE}tests:\n  c.py: P-TC-3\n  file: [a.csv, '${{B}}.csv']\n"
    tests = load(tmp_path, text, environ={"B": "b"}).settings.tests
    found = [tests.find(f"{name}.py::test") for name in "abc"]
    assert [str(link) for links in found for link in links] == ["P-TC-11", "P-TC-01", "P-TC-3"]


def test_one_test_in_two_files_is_a_mistake_that_names_both(tmp_path: Path) -> None:
    text = f"{NAMED}  t.py::test_b: P-TC-7\n"
    assert refusal_of(tmp_path, ROWS, text) == (
        "map.csv:3: 't.py::test_b' names the same tests as 't.py::test_b' on line 7 of jama.yaml; "
        "merge the two entries: one key may name several cases"
    )


@every("value", ["P-TC-1", "[P-TC-1, 5]", "none", "'P-TC-${N}'"])
def test_a_key_file_with_a_reference_names_tests_as_any_other_key(
    tmp_path: Path, value: str
) -> None:
    text = f"{COMPLETE}tests:\n  file: {value}\n"
    tests = load(tmp_path, text, environ={"N": "1"}).settings.tests
    assert tests.find("file/test_a.py::test")[0].case_ref.text in {"P-TC-1", "none"}


def test_the_settings_know_which_files_the_map_is_in(tmp_path: Path) -> None:
    path = write(tmp_path, ROWS, name="map.csv")
    loaded = load(tmp_path, NAMED)
    assert loaded.map_files == (path,)
    digest = hashlib.sha256(ROWS.encode()).hexdigest()
    assert config_digests(loaded)["map.csv"] == digest


def test_a_map_of_backlog_items_may_be_in_a_file_too(tmp_path: Path) -> None:
    write(tmp_path, "test,case\nt.py::test_a,2001\n", name="map.csv")
    tests = load_octane(tmp_path, f"{WHERE}tests: {{file: map.csv}}\n").settings.tests
    assert [str(link) for link in tests.find("t.py::test_a")] == ["2001"]


def test_a_file_that_everyone_may_write_is_refused_like_the_settings(tmp_path: Path) -> None:
    write(tmp_path, ROWS, name="map.csv").chmod(0o666)
    problem = problems_of(tmp_path, NAMED)[0]
    assert problem.startswith("map.csv: is writable by everyone (mode 0666); look into it")
    assert problem.endswith("or name the jama.yaml that names it with --jama-config=FILE")


@every(
    "before,after",
    [
        (b"test,case\na,P-1\n", b"test,case\na,P-1\nn.py::new,P-TC-9\n"),
        (b"test;case;step\r\na;P-1;2", b"test;case;step\r\na;P-1;2\r\nn.py::new;P-TC-9;\r\n"),
        (b"\xef\xbb\xbfcase\ttest\n", b"\xef\xbb\xbfcase\ttest\nP-TC-9\tn.py::new\n"),
        (b'"test","case"\n', b'"test","case"\n"n.py::new","P-TC-9"\n'),
        ("test,case\n".encode("utf-16"), "test,case\nn.py::new,P-TC-9\n".encode("utf-16")),
    ],
)
def test_new_entries_become_rows_of_the_file_written_as_the_others_are(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    table = tmp_path / "map.csv"
    table.write_bytes(before)
    settings = write(tmp_path, NAMED)
    for _ in range(2):  # what is there already is not added again
        assert add_links(settings, {"n.py::new": "P-TC-9"}) == table
        assert table.read_bytes() == after
    assert settings.read_text() == NAMED


def test_a_row_that_would_be_read_otherwise_is_refused_and_the_file_left_alone(
    tmp_path: Path,
) -> None:
    table = write(tmp_path, ROWS, name="map.csv")
    with pytest.raises(SettingsError, match=r"map\.csv: rows cannot be added without a change"):
        add_links(write(tmp_path, NAMED), {"n.py::new ": "P-TC-9", "a": "20,497"})
    assert table.read_text() == ROWS
