"""Rows as a table and as CSV: aligned, and harmless where they are shown."""

from __future__ import annotations

from pytest_jama.report.row_tables import cell_text, csv_text, table_lines
from tests.every import every

ROWS: list[dict[str, str | None]] = [{"id": "1", "name": "Pump"}, {"id": "22", "name": None}]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert list(table_lines(("id", "name"), ROWS)) == ["ID  NAME", "1   Pump", "22"]


def test_what_does_something_to_a_terminal_is_written_out() -> None:
    rows = [{"name": "a\x1b[2Jb\nc\u202ed"}]
    assert list(table_lines(("name",), rows))[1] == r"ab\nc\u202ed"


def test_in_a_narrow_terminal_names_give_way_and_keys_stay() -> None:
    rows = [{"key": "PUMP-TC-1", "name": "Flow rate over the whole range", "cycle": "Build 17"}]
    columns = ("key", "name", "cycle")
    *_, line = table_lines(columns, rows, width=40, may_cut=("name", "cycle"))
    assert (len(line), line[:9], line[-8:]) == (40, "PUMP-TC-1", "Build 17")
    *_, whole = table_lines(columns, rows, width=5, may_cut=("name", "cycle"))
    assert whole.startswith("PUMP-TC-1  Flow ra")


@every(
    "value, text",
    [(None, ""), (True, "yes"), (False, "no"), (3, "3"), (["a", None, "b"], "a, , b")],
)
def test_a_value_is_shown_as_people_write_it(value: object, text: str) -> None:
    assert cell_text(value) == text


@every("name", ["=1+1", "+1", "-1", "@x"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(name: str) -> None:
    assert csv_text(("name",), [{"name": name}]) == f"name\n'{name}\n"


def test_csv_keeps_commas_and_quotation_marks_inside_of_cells() -> None:
    assert csv_text(("name",), [{"name": 'a,"b"'}]) == 'name\n"a,""b"""\n'
