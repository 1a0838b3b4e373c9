"""`pytest-jama trace`: from journals and a real server to a trace, in each format."""

from __future__ import annotations

import csv
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from pytest_jama.cli import main
from pytest_jama.sandbox.faults import FailNext
from pytest_jama.targets.jama.traceability import MANY
from tests.cli.upload_world import EARLY, FAILED, LATE, PASSED
from tests.harness import CYCLE
from tests.report.evidence.test_report_formats import closed
from tests.sandbox.client import Api, replace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.upload_world import World

SCHEMA: dict[str, Any] = json.loads(
    files("pytest_jama.report.evidence").joinpath("trace.schema.json").read_text("utf-8")
)


class Traced:
    """An upload of three cases (passed, failed, no test), and `trace` of its journal."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        self.world, self.repository = world, world.repository
        self.store = self.repository.sandbox.store
        self.key = self.repository.key
        self._capsys = capsys
        self.path = world.journal(LATE, PASSED, FAILED)
        assert world() == 0, world.err
        self.cases = {case.document_key: case.id for case in self.store.cases(self.key)}
        self.out = self.err = ""

    def case(self, number: int) -> int:
        return self.cases[f"{self.key}-TC-{number}"]

    def add(self, *names: str, type_key: str = "REQ") -> list[int]:
        return self.store.add_items(self.key, type_key, *names)

    def relate(self, *pairs: tuple[int, int]) -> list[int]:
        return self.store.relate(*pairs)

    def __call__(self, *arguments: str) -> int:
        self.repository.sandbox.clear_requests()
        status = main(["trace", *arguments])
        self.out, self.err = self._capsys.readouterr()
        return status

    def document(self, *arguments: str) -> dict[str, Any]:
        assert self("--json", *arguments) in (0, 1), self.err
        found: dict[str, Any] = json.loads(self.out)
        return found

    def ranks(self, *arguments: str) -> dict[str, str]:
        """Return the rank of each requirement by its name."""
        found = self.document(*arguments)["requirements"]
        return {each["name"]: each["rank"] for each in found}

    @property
    def requests(self) -> list[str]:
        asked = [f"{each.method} {each.path}" for each in self.repository.sandbox.requests]
        return sorted(each for each in asked if "/oauth/" not in each)

    def change(self, number: int, status: str) -> None:
        run = self.repository.runs()[f"{self.key}-TC-{number}"]
        api = Api(self.repository.sandbox)
        answer = api.call("PATCH", f"/testruns/{run.id}", json=[replace("testRunStatus", status)])
        api.close()
        assert answer.status == 200, answer.body


@pytest.fixture
def traced(world: World, capsys: pytest.CaptureFixture[str]) -> Traced:
    return Traced(world, capsys)


def test_gaps_come_first_and_each_requirement_has_its_rank(traced: Traced) -> None:
    shown, failed, untested, alone = traced.add("shown", "failed", "untested", "alone")
    assert alone
    traced.relate((shown, traced.case(1)), (failed, traced.case(2)), (untested, traced.case(3)))
    assert traced() == 0, traced.err
    lines = traced.out.splitlines()
    assert "4 requirements: 1 shown, 1 not shown, 2 gaps (1 no case, 1 no test)." in lines[0]
    assert [line[:10].strip() for line in lines[1:4]] == ["No case", "No test", "Failed"]
    assert f"{traced.key}-TC-2 failed" in lines[3]


def test_lists_are_asked_for_and_no_single_item(traced: Traced) -> None:
    traced.relate(*((each, traced.case(1)) for each in traced.add("a", "b", "c")))
    assert traced() == 0, traced.err
    assert traced.requests == [
        *("GET /abstractitems", "GET /itemtypes"),
        *("GET /relationships", "GET /relationships", "GET /testruns"),
    ]


def test_complete_is_asked_for_by_the_exit_status(traced: Traced) -> None:
    (shown,) = traced.add("shown")
    traced.relate((shown, traced.case(1)))
    assert traced("--require", "complete") == 0, traced.out
    traced.add("alone")
    assert traced("--require", "complete") == 1
    assert traced() == 0


def test_a_project_without_requirements_is_not_complete(traced: Traced) -> None:
    assert traced("--require=complete") == 1
    assert "There is not one requirement" in traced.out


def test_what_jama_shows_now_counts_for_what_passed_and_not_for_what_failed(
    traced: Traced,
) -> None:
    one, two = traced.add("one", "two")
    traced.relate((one, traced.case(1)), (two, traced.case(2)))
    assert traced.ranks() == {"one": "shown", "two": "failed"}
    traced.change(1, "FAILED")
    traced.change(2, "PASSED")
    assert traced.ranks() == {"one": "open", "two": "failed"}
    assert traced() == 0
    assert f"{traced.key}-TC-1: passed here, and Jama shows FAILED" in traced.out


def test_a_suspect_link_is_named(traced: Traced) -> None:
    (one,) = traced.add("one")
    traced.relate((one, traced.case(1)))
    api = Api(traced.repository.sandbox)
    api.patch(f"/items/{one}", replace("name", "two"))
    api.close()
    assert traced.ranks() == {"two": "suspect"}
    assert traced("--require=complete") == 1
    assert f"suspect: {traced.key}-REQ-1 to {traced.key}-TC-1" in traced.out


def test_types_narrow_by_key_name_and_id(traced: Traced) -> None:
    traced.add("a requirement")
    traced.add("a system", type_key="SYS")
    traced.add("a defect", type_key="DEF")
    assert set(traced.ranks()) == {"a requirement", "a system"}
    assert set(traced.ranks("--type", "sys")) == {"a system"}
    assert set(traced.ranks("--type", "Requirement")) == {"a requirement"}
    assert set(traced.ranks("--type", "24", "--type", "DEF")) == {"a requirement", "a defect"}


def test_an_unknown_type_is_named_with_the_nearest(traced: Traced) -> None:
    assert traced("--type", "Requirment", "--type", "TC") == 2
    assert (
        "Jama has no type of requirements 'Requirment'; did you mean Requirement (REQ)?"
        in traced.err
    )
    assert "no type of requirements 'TC'" in traced.err


def test_a_journal_that_was_never_sent_is_traced_by_the_names_of_its_settings(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.journal(EARLY, PASSED)
    store, key = world.repository.sandbox.store, world.repository.key
    (one,) = store.add_items(key, "REQ", "one")
    store.relate((one, store.cases(key)[0].id))
    assert main(["trace", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["requirements"]
    assert (found["rank"], found["why"]) == (
        "open",
        f"{key}-TC-1: passed here, and Jama shows NOT_RUN",
    )


def test_both_directions_are_told(traced: Traced) -> None:
    (one,) = traced.add("one")
    traced.relate((one, traced.case(1)))
    document = traced.document()
    found = {each["case"]: each["requirements"] for each in document["cases"]}
    key = traced.key
    assert found == {f"{key}-TC-1": [f"{key}-REQ-1"], f"{key}-TC-2": [], f"{key}-TC-3": []}
    assert [each["case"] for each in document["cases"]][-1] == f"{key}-TC-1"
    assert "Test cases that no requirement leads to: 2." in document["notes"]


@pytest.mark.parametrize("suffix", ["html", "md", "csv", "json"])
def test_each_format_is_written_by_its_ending(traced: Traced, suffix: str) -> None:
    evil = "<img src=x onerror=alert(1)>"
    (one, _) = traced.add(evil, "=cmd|' /C calc'!A0")
    traced.relate((one, traced.case(1)))
    assert traced("-o", f"trace.{suffix}") == 0, traced.err
    text = (traced.repository.folder / f"trace.{suffix}").read_text("utf-8")
    assert f"{traced.key}-REQ-2" in text.replace("\\", "")
    assert (evil in text) == (suffix in ("csv", "json"))
    assert "written    trace." in traced.out


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_spreadsheet_has_both_directions_and_no_formula(traced: Traced) -> None:
    (one, _) = traced.add("one", "=cmd|' /C calc'!A0")
    traced.relate((one, traced.case(1)))
    assert traced("-o", "trace.csv") == 0, traced.err
    rows = rows_of(traced.repository.folder / "trace.csv")
    key = traced.key
    assert [(row["requirement"], row["case"], row["rank"], row["outcome"]) for row in rows] == [
        (f"{key}-REQ-2", "", "No case", ""),
        (f"{key}-REQ-1", f"{key}-TC-1", "Shown", "passed"),
        ("", f"{key}-TC-2", "", "failed"),
        ("", f"{key}-TC-3", "", ""),
    ]
    assert rows[0]["name"] == "'=cmd|' /C calc'!A0"


def test_the_json_is_what_its_schema_says(traced: Traced) -> None:
    (one, _) = traced.add("one", "two")
    traced.relate((one, traced.case(1)))
    assert traced("-o", "trace.json") == 0, traced.err
    document = json.loads((traced.repository.folder / "trace.json").read_text("utf-8"))
    Draft202012Validator.check_schema(SCHEMA)
    assert list(Draft202012Validator(closed(SCHEMA)).iter_errors(document)) == []


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["-o", "trace.xml"], "trace.xml: .xml is not a format of reports"),
        (["-o", "jama.yaml/trace.html"], "cannot be written"),
        (["gone.jsonl"], "there is no such file"),
        (["--require", "half"], "'half' is not 'complete'"),
        (["--url", "https://other.example/x y"], "url"),
    ],
)
def test_wrong_use_is_2(traced: Traced, arguments: list[str], complaint: str) -> None:
    assert traced(*arguments) == 2
    assert complaint in traced.err


def test_a_server_out_of_reach_is_3_and_writes_nothing(traced: Traced) -> None:
    traced.repository.write("jama.yaml", "upload: {give_up_after: 1s}\n")
    assert traced("--url=http://127.0.0.1:9", "-o", "trace.html") == 3
    assert not (traced.repository.folder / "trace.html").exists()
    assert traced("--url=http://127.0.0.1:9", "--json") == 3
    assert json.loads(traced.out)["exit_status"] == 3


def test_a_server_in_trouble_for_a_while_is_asked_again(traced: Traced) -> None:
    (one,) = traced.add("one")
    traced.relate((one, traced.case(1)))
    fault = FailNext(count=3, status=429, path="/relationships", retry_after_s=0)
    with traced.repository.sandbox.faults.during(fault):
        assert traced.ranks() == {"one": "shown"}


def test_a_list_that_jama_refuses_is_1_and_writes_nothing(traced: Traced) -> None:
    fault = FailNext(count=99, status=403, path="/relationships")
    with traced.repository.sandbox.faults.during(fault):
        assert traced("-o", "trace.html") == 1
    assert "403" in traced.err
    assert "traced" not in traced.out
    assert not (traced.repository.folder / "trace.html").exists()


def test_much_to_read_is_told_while_it_takes_long(traced: Traced) -> None:
    traced.add(*map(str, range(MANY)))
    assert traced() == 0, traced.err
    assert f"reading {MANY + 3} requirements and test cases, 50 a request" in traced.out
    assert traced("-q") == 0
    assert "reading" not in traced.out


def test_an_edited_journal_is_not_complete(traced: Traced) -> None:
    (one,) = traced.add("one")
    traced.relate((one, traced.case(1)))
    content = traced.path.read_bytes()
    traced.path.write_bytes(content.replace(b'"outcome":"failed"', b'"outcome":"passed"', 1))
    assert traced.path.read_bytes() != content
    assert traced("--require=complete") == 1
    assert "The record cannot be trusted" in traced.out


def test_a_report_has_the_requirements_where_it_is_asked_for(traced: Traced) -> None:
    one, two = traced.add("one", "two")
    assert two
    traced.relate((one, traced.case(1)))
    names = [f"--output=r.{suffix}" for suffix in ("html", "md", "json", "csv", "xml")]
    assert main(["report", "--trace", *names]) == 0
    text = {each.suffix: each.read_text("utf-8") for each in traced.repository.folder.glob("r.*")}
    assert "1 requirement without a test case." in text[".html"]
    assert "journals do not know" not in text[".html"]
    document = json.loads(text[".json"])
    assert document["trace"]["totals"]["by_rank"]["no_case"] == 1
    assert "1 requirement without a test case" in document["verdict"]
    first = next(row for row in rows_of(traced.repository.folder / "r.csv"))
    assert first["requirements"] == f"{traced.key}-REQ-1"
    assert f"Requirements: {traced.key}-REQ-1." in text[".xml"]
    assert "### Requirements" in text[".md"]


def test_a_report_narrows_to_the_types_that_are_asked_for(traced: Traced) -> None:
    traced.add("a requirement")
    traced.add("a system", type_key="SYS")
    assert main(["report", "--trace", "--type", "SYS", "-o", "r.json"]) == 0
    document = json.loads((traced.repository.folder / "r.json").read_text("utf-8"))
    assert [each["name"] for each in document["trace"]["requirements"]] == ["a system"]
    assert main(["report", "--type", "SYS", "-o", "r.json"]) == 2


def test_a_report_of_a_cycle_has_the_requirements_too(
    traced: Traced, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = traced.add("one", "two")
    traced.relate((one, traced.case(1)), (two, traced.case(3)))
    traced.change(1, "FAILED")
    names = ["-o", "r.html", "-o", "r.json", "--only=deviations", "--json"]
    assert main(["report", f"--cycle={CYCLE}", "--trace", *names]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["requirements"], said["written"], said["error"]) == (2, ["r.html", "r.json"], "")
    document = json.loads((traced.repository.folder / "r.json").read_text("utf-8"))
    assert document["cycle"].startswith("3 test runs, read ")
    assert document["cases"][0]["in_jama"] == "differs: FAILED"
    ranks = {each["name"]: each["rank"] for each in document["trace"]["requirements"]}
    assert ranks == {"one": "open", "two": "no_test"}


def test_a_page_of_deviations_alone_links_only_to_cases_that_it_has(traced: Traced) -> None:
    one, two = traced.add("one", "two")
    traced.relate((one, traced.case(1)), (two, traced.case(2)))
    assert main(["report", "--trace", "--only=deviations", "-o", "r.html"]) == 0
    text = (traced.repository.folder / "r.html").read_text("utf-8")
    links = set(re.findall(r'href="#(c[0-9]+)"', text))
    assert links == set(re.findall(r'id="(c[0-9]+)"', text)) == {"c2"}


def test_a_report_with_requirements_needs_the_server(
    traced: Traced, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced.repository.write("jama.yaml", "upload: {give_up_after: 1s}\n")
    assert main(["report", "--trace", "--url=http://127.0.0.1:9", "-o", "r.html"]) == 3
    monkeypatch.setenv("JAMA_URL", "https://other.example")
    assert main(["report", "--trace", "-o", "r.html"]) == 2
    assert not (traced.repository.folder / "r.html").exists()


def test_a_report_asks_no_server_otherwise(traced: Traced) -> None:
    traced.repository.sandbox.clear_requests()
    assert main(["report", "-o", "r.html"]) == 0
    assert traced.requests == []
    text = (traced.repository.folder / "r.html").read_text("utf-8")
    assert "Not recorded: journals do not know" in text
