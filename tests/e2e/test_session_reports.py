"""The report at the end of a session: every front-end writes it, and it costs nothing else."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from pytest_jama.session.session_report import SUMMARY_BYTES
from tests.fork_server import run_command
from tests.harness import ADDOPTS, unfolded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.harness import Finished, Repository

SUITE = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_passes(): pass

@pytest.mark.jama("KEY-TC-2")
def test_fails(): assert 17.5 < 15

def test_of_no_case(): pass
"""
JUNIT = """
<testsuite name="s">
  <testcase classname="c" name="passes" time="1">
    <properties><property name="jama" value="KEY-TC-1"/></properties>
  </testcase>
  <testcase classname="c" name="fails" time="1">
    <properties><property name="jama" value="KEY-TC-2"/></properties>
    <failure message="17.5"/>
  </testcase>
</testsuite>
"""
FACTS = """
software: pump-firmware ${FIRMWARE:-4.2.1}
equipment: [{name: flow meter, id: FM-2, calibrated_until: 2020-03-01}]
"""


@pytest.fixture
def tested(repository: Repository) -> Repository:
    """Two cases, one of which fails, in a pytest session and in a JUnit report."""
    for number in (1, 2):
        repository.case(number)
    repository.start_cycle()
    repository.write("test_it.py", SUITE)
    repository.write("report.xml", JUNIT)
    return repository


def by_pytest(there: Repository, environment: Mapping[str, str], *reports: str) -> Finished:
    flags = [f"--jama-report={report}" for report in reports]
    return there.pytest_here(*flags, environment=environment)


def by_workers(there: Repository, environment: Mapping[str, str], *reports: str) -> Finished:
    flags = [f"--jama-report={report}" for report in reports]
    return there.pytest("-n", "2", *flags, environment=environment)


def by_junit(there: Repository, environment: Mapping[str, str], *reports: str) -> Finished:
    flags = [f"--report={report}" for report in reports]
    return there.run_here(lambda: junit_uploader(["report.xml", *flags]), environment=environment)


def by_upload(there: Repository, environment: Mapping[str, str], *reports: str) -> Finished:
    there.pytest_here("--jama-no-upload", environment={**environment, "GITHUB_STEP_SUMMARY": ""})
    flags = [f"--report={report}" for report in reports]
    return there.run_here(lambda: toolbox(["upload", *flags]), environment=environment)


FRONT_ENDS = {
    "pytest": by_pytest,
    "xdist": by_workers,
    "junit-uploader": by_junit,
    "upload": by_upload,
}
front_ends = pytest.mark.parametrize("run", FRONT_ENDS.values(), ids=FRONT_ENDS)


def told(there: Repository, name: str = "out/evidence.json") -> Any:
    """Return a report in JSON."""
    return json.loads((there.folder / name).read_text("utf-8"))


def fact(document: Any, label: str, part: str = "identification") -> str | None:
    """Return one fact of it."""
    (value,) = (each["value"] for each in document[part] if each["label"] == label)
    return value  # type: ignore[no-any-return]


@front_ends
def test_the_report_is_written_after_the_upload_whatever_the_front_end(
    tested: Repository, run: Callable[..., Finished]
) -> None:
    finished = run(tested, {}, "out/evidence.json", "evidence.html")

    states = {case["case"][-1]: (case["status"], case["in_jama"]) for case in told(tested)["cases"]}
    assert states == {"1": ("passed", "same"), "2": ("failed", "same")}
    assert "<!doctype html>" in (tested.folder / "evidence.html").read_text("utf-8")
    lines = [line.split() for line in finished.output.splitlines() if line.startswith("report ")]
    assert lines == [["report", "out/evidence.json"], ["report", "evidence.html"]]


@front_ends
def test_no_request_is_made_for_a_report(tested: Repository, run: Callable[..., Finished]) -> None:
    run(tested, {})  # the first one finds the cycle without results
    without = sorted((each.method, each.path) for each in run(tested, {}).requests)
    with_one = run(tested, {}, "evidence.html").requests

    assert sorted((each.method, each.path) for each in with_one) == without


@front_ends
def test_the_page_of_a_github_job_gets_the_short_form_once_behind_what_is_there(
    tested: Repository, tmp_path: Path, run: Callable[..., Finished]
) -> None:
    page = tmp_path / "summary.md"
    page.write_text("| a table |\n", "utf-8")

    run(tested, {"GITHUB_STEP_SUMMARY": str(page)}, "evidence.html")

    text = page.read_text("utf-8")
    assert text.startswith("| a table |\n\n## Release 1 / Build 1: not passed\n")
    assert text.count("## Release 1") == 1
    assert f"| Failed | {tested.key}-TC-2 |" in text
    assert "- All of it: evidence.html" in text


@front_ends
def test_the_short_form_can_be_switched_off(
    tested: Repository, tmp_path: Path, run: Callable[..., Finished]
) -> None:
    configure(tested, "report: {summary: never}\n")
    page = tmp_path / "summary.md"

    run(tested, {"GITHUB_STEP_SUMMARY": str(page)}, "evidence.html")

    assert (page.exists(), (tested.folder / "evidence.html").exists()) == (False, True)


@front_ends
def test_a_report_that_cannot_be_written_costs_no_result_and_no_exit_status(
    tested: Repository, run: Callable[..., Finished]
) -> None:
    (tested.folder / "evidence.html").mkdir()
    environment = {"GITHUB_STEP_SUMMARY": str(tested.folder)}

    finished = run(tested, environment, "evidence.html", "evidence.md")

    assert finished.status == (1 if run in (by_pytest, by_workers) else 0)
    assert tested.statuses() == {1: "PASSED", 2: "FAILED"}
    assert (tested.folder / "evidence.md").exists()
    lines = unfolded(finished.output).splitlines()  # with a long path it is two lines
    warnings = [line for line in lines if line.startswith("warning ")]
    assert "evidence.html: cannot be written: " in warnings[0]
    assert warnings[0].endswith("; pytest-jama report makes it from the journal later")
    assert "the summary of the CI job" in warnings[1]
    assert "check the path and its permissions" in warnings[1]


@front_ends
def test_a_format_that_is_not_known_is_refused_before_anything_is_done(
    tested: Repository, run: Callable[..., Finished]
) -> None:
    finished = run(tested, {}, "evidence.html", "evidence.pdf")

    assert finished.status == (4 if run in (by_pytest, by_workers) else 2)
    assert "report.files has 'evidence.pdf', which names no format of reports" in finished.output
    assert "let its name end with .html, .md, .json, .csv or .xml" in finished.output
    assert tested.statuses() == {1: "NOT_RUN", 2: "NOT_RUN"}
    assert not (tested.folder / "evidence.html").exists()


def configure(there: Repository, text: str) -> None:
    """Append to jama.yaml."""
    file = there.folder / "jama.yaml"
    file.write_text(f"{file.read_text('utf-8')}{text}", "utf-8")


@front_ends
def test_the_setting_names_reports_and_the_flag_others_instead(
    tested: Repository, run: Callable[..., Finished]
) -> None:
    configure(tested, "report: [out/evidence.json, '${NAME:-evidence}.md']\n")
    run(tested, {})
    assert (tested.folder / "evidence.md").exists()
    assert len(told(tested)["cases"]) == 2

    (tested.folder / "evidence.md").unlink()
    run(tested, {"NAME": "x"}, "${NAME}.csv")
    assert not (tested.folder / "evidence.md").exists()
    assert (tested.folder / "x.csv").read_text("utf-8").startswith("case,")


@front_ends
def test_who_tested_what_with_which_equipment_is_in_the_report_and_in_one_made_later(
    tested: Repository, run: Callable[..., Finished]
) -> None:
    configure(tested, FACTS)
    environment = {"JAMA_DEVICE": "Pump 3, serial 0042", "JAMA_TESTER": "ruth"}
    if run is by_upload:  # they are those of the session, not of whoever sends it
        tested.pytest_here("--jama-no-upload", environment=environment)
        environment = {"JAMA_DEVICE": "Pump 4"}
        tested.run_here(
            lambda: toolbox(["upload", "--report=out/evidence.json"]), environment=environment
        )
    else:
        run(tested, environment, "out/evidence.json")
    (tested.folder / "jama.yaml").write_text("project: KEY\n", "utf-8")
    tested.run_here(lambda: toolbox(["report", "-o", "later.json"]))

    for document in (told(tested), told(tested, "later.json")):
        assert fact(document, "Software under test") == "pump-firmware 4.2.1"
        assert fact(document, "Device under test") == "Pump 3, serial 0042"
        assert str(fact(document, "Executed by")).startswith("ruth")
        calibrated = "flow meter (FM-2), calibrated until 2020-03-01"
        assert fact(document, "Equipment, calibration") == calibrated
        (ended,) = (e for e in document["deviations"] if e["kind"] == "Calibration had ended")
        assert (ended["cases"], ended["open"]) == ([], True)
        assert ended["what"].startswith("flow meter (FM-2) was calibrated until 2020-03-01; tests ")


def test_the_report_is_written_also_when_nothing_is_sent(tested: Repository) -> None:
    finished = tested.pytest_here("--jama-no-upload", "--jama-report=out/evidence.json")

    assert finished.requests == ()
    document = told(tested)
    assert {case["status"] for case in document["cases"]} == {"passed", "failed"}
    assert document["deviations"][0]["kind"] == "Not sent to Jama"


def test_the_report_is_written_also_when_the_server_is_down(tested: Repository) -> None:
    configure(tested, "upload: {give_up_after: 100ms}\n")
    finished = tested.pytest_here(
        "--jama-report=out/evidence.json", environment={"JAMA_URL": "http://127.0.0.1:9"}
    )

    assert finished.status == 1
    assert {case["status"] for case in told(tested)["cases"]} == {"passed", "failed"}


def test_the_report_is_written_also_when_nothing_is_linked(tested: Repository) -> None:
    finished = tested.pytest_here("-k", "no_case", "--jama-report=out/evidence.json")

    assert finished.status == 0
    assert [each["test"] for each in told(tested)["tests_without_case"]] == [
        "test_it.py::test_of_no_case"
    ]


def test_the_report_is_written_also_after_an_interrupt(tested: Repository) -> None:
    tested.write(
        "test_stop.py",
        """
        def test_stop(): raise KeyboardInterrupt
        """,
    )
    finished = tested.pytest_here("test_it.py", "test_stop.py", "--jama-report=out/evidence.json")

    assert finished.status == 2
    document = told(tested)
    assert {case["in_jama"] for case in document["cases"]} == {"same"}
    assert fact(document, "Exit status", "tools") == "2"


def test_a_case_that_tests_name_by_key_and_by_id_is_sent_and_told_once(tested: Repository) -> None:
    number = tested.sandbox.store.cases(tested.key)[0].id
    tested.write("test_it.py", SUITE.replace("KEY-TC-2", str(number)))
    tested.pytest_here("--jama-report=out/evidence.json")

    (case,) = told(tested)["cases"]
    assert (case["case"], case["also"]) == (f"{tested.key}-TC-1", [str(number)])
    assert (case["status"], case["in_jama"], len(case["tests"])) == ("failed", "same", 2)
    assert [each["kind"] for each in told(tested)["deviations"]] == ["Failed"]


def test_a_session_that_is_refused_leaves_the_earlier_report(tested: Repository) -> None:
    tested.write("evidence.md", "the earlier one\n")
    tested.write("test_wrong.py", "import pytest\n@pytest.mark.jama('x')\ndef test_it(): pass\n")
    finished = tested.pytest_here("--jama-report=evidence.md")

    assert finished.status == 4
    assert (tested.folder / "evidence.md").read_text("utf-8") == "the earlier one\n"


@pytest.mark.parametrize(
    "run, status",
    [
        (by_pytest, "1"),
        (by_workers, "1"),
        (by_junit, "0"),
        (by_upload, "1, then 0 of pytest-jama upload"),
    ],
    ids=FRONT_ENDS,
)
def test_the_exit_status_of_the_session_is_in_the_report(
    tested: Repository, run: Callable[..., Finished], status: str
) -> None:
    finished = run(tested, {}, "out/evidence.json")

    assert fact(told(tested), "Exit status", "tools") == status
    assert str(finished.status) in status


def test_the_status_8_of_a_green_session_is_in_the_report(tested: Repository) -> None:
    tested.write("test_it.py", SUITE.replace("17.5 < 15", "record_property")).write_text(
        "def test_it(record_property): record_property('jama', 'no reference')\n", "utf-8"
    )
    finished = tested.pytest_here("--jama-report=out/evidence.json")

    assert finished.status == 8
    assert fact(told(tested), "Exit status", "tools") == "8"


def test_the_page_of_a_github_job_is_never_filled_up(tested: Repository, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    before = SUMMARY_BYTES - 1200
    page.write_bytes(b"x" * before)

    tested.pytest_here(environment={"GITHUB_STEP_SUMMARY": str(page)})

    written = page.read_bytes()[before:].decode()
    assert 100 < len(written.encode()) <= 1200
    assert "1 of 2 planned cases passed" in written

    page.write_bytes(b"x" * SUMMARY_BYTES)
    finished = tested.pytest_here(environment={"GITHUB_STEP_SUMMARY": str(page)})
    assert page.stat().st_size == SUMMARY_BYTES
    assert f"warning    the summary of the CI job, {page}, is full: " in finished.output


def test_an_upload_of_shards_makes_one_report_of_all(tested: Repository) -> None:
    for name in ("passes", "fails"):
        tested.pytest_here("--jama-no-upload", "-k", name)
    command = ["upload", ".jama", "--report=out/evidence.json"]
    tested.run_here(lambda: toolbox([*command, "--dry-run"]))
    assert told(tested)["deviations"][0]["kind"] == "Not sent to Jama"

    tested.run_here(lambda: toolbox(command))
    document = told(tested)
    assert (len(document["sessions"]), len(document["cases"])) == (2, 2)
    assert {case["in_jama"] for case in document["cases"]} == {"same"}


def test_an_upload_with_nothing_to_send_says_that_no_report_is_written(tested: Repository) -> None:
    tested.pytest_here()
    finished = tested.run_here(lambda: toolbox(["upload", "--report=evidence.html"]))

    assert finished.status == 0
    assert (
        "report     none is written: nothing is sent; pytest-jama report makes" in finished.output
    )


def test_a_report_without_jama_is_refused_rather_than_not_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "--jama-report=r.html"]
    environment = {**os.environ, "PYTEST_ADDOPTS": ADDOPTS}
    status, said = run_command(command, folder=tmp_path, environment=environment)
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "--jama-report reports a session with --jama: give both" in said


def test_a_session_that_wants_no_report_imports_nothing_for_one(tested: Repository) -> None:
    tested.write(
        "conftest.py",
        """
        import sys

        def pytest_unconfigure(config):
            ours = ("jinja2", "junitparser", "pytest_jama.report.evidence", "session_report")
            print("imported", [name for name in sys.modules if name.endswith(ours)])
        """,
    )
    assert "imported []" in tested.pytest(imports_anew=True).output
    output = tested.pytest("--jama-report=evidence.md", imports_anew=True).output
    assert (
        "imported ['pytest_jama.report.evidence', 'pytest_jama.session.session_report']" in output
    )
