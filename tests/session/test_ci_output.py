"""What a CI system is told: no name forges a command, and every value is read as it was written."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pytest_jama.config import JAMA, OCTANE
from pytest_jama.config.environment import JobPage
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import OutOfReachError
from pytest_jama.core.plan import Place, Plan, SendState, Unresolved, UploadReport
from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict
from pytest_jama.session.ci_output import (
    MOST_ANNOTATIONS,
    Told,
    commands,
    find_annotations,
    print_commands,
    session_values,
    write_values,
)
from tests.every import every
from tests.report.test_upload_lines import receipt_of

HOSTILE = "100% of ##vso[task.setvariable variable=PATH]x\r\n::error::y'|n[z] \u202e日"
TEAMCITY_TEXT = (
    r"100% of #\x23vso|[task.setvariable variable=PATH|]x\r\n::error::y|'||n|[z|] \u202e|0x65e5"
)
LINK = "https://jama.test/c/perspective.req#/testPlans/7/testRuns?projectId=3&x=$(id)"
PLACES = (Place("plan", "Release 1", 7, "https://jama.test/7"), Place("cycle", HOSTILE, 8, LINK))


def told(*receipts: object, unresolved: int = 0, status: int = 1, error: str = HOSTILE) -> Told:
    refused = tuple(receipts) or (receipt_of(1, SendState.REFUSED, error, Verdict.FAILED),)
    missing = tuple(
        Unresolved(CaseRef.parse(f"A-TC-{number}"), "has no run", "add it")
        for number in range(unresolved)
    )
    updates = tuple(each.update for each in refused)  # type: ignore[attr-defined]
    plan = Plan(PLACES, updates, unresolved=missing)
    return Told(JAMA, UploadReport(plan, refused), journal=Path("a b.jsonl"), status=status)  # type: ignore[arg-type]


@every(
    "form, begin, text",
    [
        (
            "github",
            "::error title=Jama%3A refused::A-TC-1 (A-TSTRN-1): ",
            r"100%25 of #\x23vso[task.setvariable variable=PATH]x\r\n::error::y'|n[z] \u202e日",
        ),
        (
            "azure",
            "##vso[task.logissue type=error]Jama: refused: A-TC-1 (A-TSTRN-1): ",
            r"100%AZP25 of #\x23vso[task.setvariable variable=PATH]x\r\n::error::y'|n[z] \u202e日",
        ),
        (
            "teamcity",
            "##teamcity[buildProblem description='Jama: refused: A-TC-1 (A-TSTRN-1): ",
            TEAMCITY_TEXT,
        ),
    ],
)
def test_a_refused_run_is_an_annotation_whatever_its_words_are(
    form: str, begin: str, text: str
) -> None:
    line, *_ = commands(told(), JobPage(form), summarises=False, hands_over=False)

    assert line.startswith(f"{begin}{text} (https://jama.test/")
    assert len(line.splitlines()) == 1


def test_a_refused_run_has_the_link_to_it(tmp_path: Path) -> None:
    refused = told(error="it is locked")
    plan = refused.report.plan
    assert plan is not None
    links = {plan.updates[0].key: "https://jama.test/run/1"}
    linked = refused._replace(report=refused.report._replace(plan=plan._replace(links=links)))

    (said,) = find_annotations(linked)
    list(write_values(linked, [tmp_path / "jama.links.json"], "", root=tmp_path))

    assert said.text == "A-TC-1 (A-TSTRN-1): it is locked (https://jama.test/run/1)"
    *_, last = json.loads((tmp_path / "jama.links.json").read_text("utf-8"))["Jama"]
    assert last["external_link"] == {
        "label": "not sent: A-TC-1 (A-TSTRN-1)",
        "url": "https://jama.test/run/1",
    }


def test_what_cost_no_exit_status_is_a_warning() -> None:
    kinds = [commands(told(status=0), JobPage(form))[0] for form in ("github", "azure", "teamcity")]
    assert [each[:35].split()[0] for each in kinds] == [
        "::warning",
        "##vso[task.logissue",
        "##teamcity[message",
    ]
    assert kinds[2].endswith(" status='WARNING']")


def test_many_annotations_end_with_how_many_there_are_more() -> None:
    receipts = [receipt_of(n, SendState.REFUSED, f"reason {n}") for n in range(40)]
    found = list(find_annotations(told(*receipts, unresolved=3)))
    assert len(found) == MOST_ANNOTATIONS
    assert found[-1].text.startswith("34 more are not sent, refused or without a run")
    assert found[-1].remedy == "see the log"


def test_where_there_are_many_those_of_one_reason_are_one_annotation() -> None:
    several, alone = find_annotations(told(unresolved=40)), find_annotations(told(unresolved=4))
    assert [each.title for each in several] == ["Jama: refused", "Jama: unresolved"]
    assert len(list(alone)) == 5
    *_, last = find_annotations(told(unresolved=40))
    assert last.text.startswith("40 cases (A-TC-0, A-TC-1, A-TC-2, ...), each: has no run (")


@every("form, end", [("github", "%0A"), ("azure", "%0A"), ("teamcity", "|n")])
def test_what_to_do_is_the_second_line_of_an_annotation(form: str, end: str) -> None:
    _, line, *_ = commands(told(unresolved=1), JobPage(form), summarises=False, hands_over=False)
    what, remedy = line.split(end)
    assert "A-TC-0: has no run (https://jama.test/" in what
    assert remedy.partition("'")[0] == "add it"


def test_a_case_without_a_run_is_counted_as_unresolved_alone() -> None:
    case = CaseVerdict(CaseRef.parse("A-TC-1"), Verdict.PASSED)
    missing = told(receipt_of(2), unresolved=2)._replace(judgement=Judgement((case,)))
    values = session_values(missing)
    assert [values[f"JAMA_SESSION_{name}"] for name in ("PASSED", "UNRESOLVED")] == [1, 2]
    assert commands(missing, JobPage("teamcity"))[-1].endswith("; Jama: 1 PASSED; 2 unresolved']")


def test_what_stopped_an_upload_is_one_annotation() -> None:
    why = OutOfReachError("https://jama.test is out of reach")
    receipts = tuple(receipt_of(n, SendState.NOT_SENT)._replace(cause=why) for n in range(9))
    report = UploadReport(Plan(PLACES, tuple(each.update for each in receipts)), receipts, why)
    (said,) = find_annotations(Told(JAMA, report, status=3))
    assert (said.title, said.text.split(" (")[0]) == ("Jama: not sent", str(why))


def test_outside_of_a_ci_system_nothing_is_printed() -> None:
    assert commands(told(), JobPage()) == ()


@pytest.mark.parametrize("form", ["azure", "teamcity"])
def test_values_for_later_steps_are_commands_where_no_file_takes_them(form: str) -> None:
    lines = commands(told(), JobPage(form), annotates=False)
    begin = {
        "azure": "##vso[task.setvariable variable=JAMA_SESSION_FAILED;isoutput=true]1",
        "teamcity": "##teamcity[setParameter name='JAMA_SESSION_FAILED' value='1']",
    }
    assert begin[form] in lines
    silent = commands(told(), JobPage(form), annotates=False, hands_over=False, summarises=False)
    assert silent == ()


def test_teamcity_shows_the_counts_beside_its_own() -> None:
    assert commands(told(), JobPage("teamcity"))[-1] == (
        "##teamcity[buildStatus text='{build.status.text}; Jama: 1 FAILED; 1 not sent']"
    )


def test_azure_shows_the_file_of_the_short_form() -> None:
    page = JobPage("azure", summary="/agent/_work/a%b.md")
    assert commands(told(), page)[-1] == "##vso[task.uploadsummary]/agent/_work/a%AZP25b.md"


def test_the_values_tell_what_a_gate_may_ask_for_and_no_name() -> None:
    receipts = (receipt_of(1), receipt_of(2, SendState.LOCKED, "it is locked", Verdict.FAILED))
    values = session_values(told(*receipts, unresolved=1))
    assert {name.removeprefix("JAMA_SESSION_"): value for name, value in values.items()} == {
        "EXIT_STATUS": 1,
        "COMPLETE": False,
        "FAILED": 1,
        "BLOCKED": 0,
        "INPROGRESS": 0,
        "NOT_RUN": 0,
        "PASSED": 1,
        "SENT": 1,
        "NOT_SENT": 1,
        "UNRESOLVED": 1,
        "UNLINKED": 0,
        "PLAN_ID": 7,
        "PLAN_URL": "https://jama.test/7",
        "CYCLE_ID": 8,
        "CYCLE_URL": LINK,
        "JOURNAL": "a b.jsonl",
    }


def test_no_value_is_taken_for_a_setting_by_the_next_step() -> None:
    for kind in (JAMA, OCTANE):
        names = session_values(Told(kind, UploadReport()))
        assert all(name.startswith(f"{kind.variables}SESSION_") for name in names)


def test_the_tests_are_counted_for_a_server_that_judges_them() -> None:
    values = session_values(Told(OCTANE, UploadReport(), unjudged={"failed": 2, "passed": 3}))
    counts = [values[f"OCTANE_SESSION_{word}"] for word in ("FAILED", "PASSED", "SKIPPED")]
    assert counts == [2, 3, 0]


def test_secrets_are_hidden_wherever_a_ci_system_shows_them() -> None:
    hiding = told(error="hunter2 is refused")._replace(hide=lambda s: s.replace("hunter2", "***"))
    line, *_ = commands(hiding, JobPage("github"))
    assert "*** is refused" in line


def written(tmp_path: Path, name: str) -> str:
    path = tmp_path / name
    assert [line.text for line in write_values(told(), [path], "", root=tmp_path)] == [name]
    return path.read_text("utf-8")


def test_a_shell_that_reads_the_values_runs_nothing(tmp_path: Path) -> None:
    written(tmp_path, "jama.env")
    script = (
        'set -eu; . ./jama.env; printf "%s\\n" "$JAMA_SESSION_CYCLE_URL" "$JAMA_SESSION_PASSED"'
    )
    ran = subprocess.run(  # noqa: S603 (our own script)
        ["/bin/sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    url, passed = ran.stdout.splitlines()
    assert url == LINK.replace("&", "%26").replace("$(id)", "%24%28id%29")
    assert (passed, ran.stderr) == ("0", "")


def test_values_in_json_keep_their_types(tmp_path: Path) -> None:
    document = json.loads(written(tmp_path, "out/jama.json"))
    found = [document[f"JAMA_SESSION_{name}"] for name in ("FAILED", "COMPLETE", "CYCLE_URL")]
    assert found == [1, False, LINK]


def test_gitlab_gets_links_to_plan_and_cycle(tmp_path: Path) -> None:
    document = json.loads(written(tmp_path, "jama.links.json"))
    links = [each["external_link"] for each in document["Jama"]]
    assert [each["url"] for each in links] == ["https://jama.test/7", LINK]
    assert links[0]["label"] == "plan Release 1"
    assert links[1]["label"].isprintable()


def test_properties_are_one_line_each_in_ascii(tmp_path: Path) -> None:
    text = written(tmp_path, "jama.properties")
    assert text.isascii()
    assert "JAMA_SESSION_FAILED=1\n" in text


def test_a_file_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "jama.env").mkdir()
    lines = list(write_values(told(), [tmp_path / "jama.env"], str(tmp_path), root=tmp_path))
    assert [line.label for line in lines] == ["warning", "warning"]
    assert "no outputs are written" in lines[0].text
    assert "outputs: {ci: never}" in lines[1].text


def test_a_stream_that_is_gone_costs_nothing() -> None:
    print_commands(("::error::x",), None)
