"""Sessions whose results go to a server that takes all of them in a document, and judges it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.octane_work import OctaneWork, section

if TYPE_CHECKING:
    from pathlib import Path

SUITE = """
import pytest

@pytest.mark.jama("JEET1-TC-1")
def test_passes(jama):
    with jama.step(1):
        jama.note("bench 3")
    jama.attach(b"1,2", name="curve.csv")

def test_fails():
    assert "password=hunter2" == ""

@pytest.mark.skip(reason="no bench")
def test_is_skipped(): pass

@pytest.mark.parametrize("volts", [1, 2])
def test_of_no_item(volts): pass
"""
NAMES = [
    f"test_it.py::test_{name}"
    for name in ("fails", "is_skipped", "of_no_item[1]", "of_no_item[2]", "passes")
]
WITH_WORKERS = ("-n", "2", "-p", "xdist")


@pytest.fixture
def work(tmp_path: Path) -> OctaneWork:
    """A folder with tests, and a server that takes documents."""
    work = OctaneWork(tmp_path)
    work.write("test_it.py", SUITE)
    return work


@pytest.mark.parametrize("options", [(), WITH_WORKERS], ids=["serial", "xdist"])
def test_all_results_are_sent_linked_or_not(work: OctaneWork, options: tuple[str, ...]) -> None:
    finished = work.pytest(*options)

    assert finished.status == 1, finished.output
    (document,) = work.documents()
    assert sorted(document) == NAMES
    assert [document[name][0] for name in NAMES] == [
        *("Failed", "Skipped", "Passed", "Passed", "Passed")
    ]
    assert [name for name in NAMES if document[name][3]] == ["test_it.py::test_passes"]
    assert document["test_it.py::test_passes"][3:5] == [["5001"], ["curve.csv"]]


def test_the_summary_says_where_and_how_many_and_nothing_of_cases(work: OctaneWork) -> None:
    finished = work.pytest()

    assert "octane: 1001 / 1002 at https://octane.example (octane.yaml)" in finished.output
    told = section(finished.output)
    assert "workspace  Pumps (id 1002) https://octane.example/ui/?p=1001/1002" in told
    assert "sent       1 of 1 document: 1 Failed, 3 Passed, 1 Skipped" in told
    words = ("unlinked", "case ", "linked", "unresolved", "lock", "next ")
    assert [word for word in words if word in told] == []
    assert "Jama Connect" not in finished.output


def test_a_green_session_ends_with_0_also_when_it_is_strict(work: OctaneWork) -> None:
    work.write("test_it.py", "def test_passes(): pass\ndef test_other(): pass\n")
    work.write("octane.yaml", (work.folder / "octane.yaml").read_text() + "strict: true\n")

    finished = work.pytest()

    assert finished.status == 0, finished.output
    assert [line["finished"] for line in work.lines("end")] == [True]


def test_the_trace_of_a_failure_is_sent_and_kept_without_secrets(work: OctaneWork) -> None:
    work.pytest()

    (document,) = work.documents()
    *_, message, trace, _, _, _ = document["test_it.py::test_fails"]
    assert "assert" in trace
    assert "test_it.py" in trace
    kept = [line["trace"] for line in work.lines("result") if "trace" in line]
    assert kept == [trace]
    assert "hunter2" not in json.dumps([message, trace]) + work.journals()[0].read_text()


@pytest.mark.parametrize(
    "word, label",
    [
        ("partly sent", "PARTLY     document 1: the server says partly sent"),
        ("refused", "REFUSED    document 1: the server says refused"),
        ("not read back", "UNVERIFIED document 1: the server says not read back; "),
        ("mismatch", "MISMATCH   document 1: the server says mismatch"),
    ],
)
def test_a_document_that_is_not_simply_taken_fails_a_green_session(
    work: OctaneWork, word: str, label: str
) -> None:
    work.write("test_it.py", "def test_passes(): pass\n")
    work.will(word)

    finished = work.pytest()

    assert finished.status == 8
    assert label in section(finished.output)
    assert "next       pytest-jama upload .jama/" in section(finished.output)
    assert ("pytest-jama octane status 1103" in finished.output) is (word == "not read back")


def test_what_was_not_simply_taken_is_taken_up_by_its_task(work: OctaneWork) -> None:
    work.write("test_it.py", "def test_passes(): pass\n")
    work.will("not read back")
    work.pytest()

    finished = work.run("pytest_jama", "upload")

    assert finished.status == 0, finished.output
    assert work.log()[1:] == ["asked 1103"]
    assert "octane: 1 result from .jama/" in finished.output
    assert "sent       1 of 1 document: 1 Passed" in finished.output
    assert work.run("pytest_jama", "upload").output == (
        "nothing    to send: every journal is finished\n"
    )


def test_what_was_sent_is_not_sent_again(work: OctaneWork) -> None:
    work.pytest()

    finished = work.run("pytest_jama", "upload", *map(str, work.journals()))

    assert finished.status == 0, finished.output
    assert work.verbs() == ["pushed"]
    assert "earlier    1 document had arrived before" in finished.output


def test_a_killed_session_is_finished_by_an_upload_that_sends_nothing_twice(
    work: OctaneWork,
) -> None:
    work.will("killed")
    assert work.pytest().status == 9

    finished = work.run("pytest_jama", "upload")

    assert finished.status == 0, finished.output
    assert work.verbs() == ["pushed", "asked"]


def test_sessions_without_upload_are_sent_as_one(work: OctaneWork) -> None:
    for name, word in {"passes": "passed", "fails": "failed"}.items():
        finished = work.pytest("--octane-no-upload", "-k", name)
        told = f"journaled  1 {word}; nothing is sent with --octane-no-upload"
        assert told in section(finished.output)

    finished = work.run("pytest_jama", "upload", *map(str, work.journals()))

    assert finished.status == 0, finished.output
    (document,) = work.documents()
    assert sorted(document) == ["test_it.py::test_fails", "test_it.py::test_passes"]
    assert [set(line["sessions"]) for line in work.lines("upload")] == [
        {each.stem for each in work.journals()}
    ] * 2


def test_a_session_that_was_sent_is_not_sent_again_with_another_one(work: OctaneWork) -> None:
    work.pytest("-k", "passes")
    work.pytest("--octane-no-upload", "-k", "fails")

    finished = work.run("pytest_jama", "upload", *map(str, work.journals()))

    assert finished.status == 0, finished.output
    assert [sorted(each) for each in work.documents()] == [
        ["test_it.py::test_passes"],
        ["test_it.py::test_fails"],
    ]
    assert "is sent already, and left out" in finished.output


def test_a_flag_for_jama_is_refused_with_journals_for_octane(work: OctaneWork) -> None:
    work.pytest("--octane-no-upload")

    finished = work.run("pytest_jama", "upload", "--plan", "Release 1")

    assert finished.status == 2
    assert "--plan: is a flag for Jama, and the journals are for ALM Octane" in finished.output
    assert work.log() == []


def test_a_journal_alone_does_not_decide_where_credentials_go(work: OctaneWork) -> None:
    work.pytest("--octane-no-upload")
    (journal,) = map(str, work.journals())
    (work.folder / "octane.yaml").unlink()

    refused = work.run("pytest_jama", "upload", journal)
    sent = work.run(
        *("pytest_jama", "upload", journal), environment={"OCTANE_URL": "https://octane.example"}
    )

    assert refused.status == 2
    assert "target is 'octane', and without octane.yaml it is 'jama'" in refused.output
    assert sent.status == 0, sent.output
    assert work.verbs() == ["pushed"]


def test_sessions_in_different_environments_are_not_sent_as_one(work: OctaneWork) -> None:
    place = (work.folder / "octane.yaml").read_text()
    for system in ("Linux", "Windows"):
        work.write("octane.yaml", f"{place}environment: {{OS: {system}}}\n")
        work.pytest("--octane-no-upload")

    finished = work.run("pytest_jama", "upload", *map(str, work.journals()))

    assert finished.status == 2
    assert "environment is {'OS': " in finished.output
    assert "upload them one by one" in finished.output


def test_a_dry_run_prints_what_would_be_sent(work: OctaneWork) -> None:
    finished = work.pytest("--octane-dry-run")

    assert "would      send document 1: 5 runs" in section(finished.output)
    assert work.log() == []


@pytest.mark.parametrize("option", ["--octane-dry-run", "--octane-report=x.html"])
def test_an_option_without_octane_is_wrong_use(work: OctaneWork, option: str) -> None:
    finished = work.run("pytest", option)

    assert finished.status == 4
    assert "give both" in finished.output


def test_no_test_that_ran_sends_nothing(work: OctaneWork) -> None:
    finished = work.pytest("-k", "nothing")

    assert finished.status == 5
    assert "nothing    to send: no test was run" in section(finished.output)
    assert work.log() == []


@pytest.mark.parametrize("suffix", ["html", "md", "json", "csv", "xml"])
def test_a_report_tells_the_tests_and_the_documents(work: OctaneWork, suffix: str) -> None:
    work.pytest("--octane-report", f"record.{suffix}")

    written = (work.folder / f"record.{suffix}").read_text(encoding="utf-8")
    text = written.replace("\\", "")  # with which Markdown makes characters plain
    assert "test_fails" in text
    if suffix in ("html", "md", "json"):
        told = "5 tests ran: 1 failed, 3 passed, 1 skipped. No deviation. 1 of 1 document sent."
        assert told in text
    assert "Sent to Jama" not in text
    assert "test cycle" not in text


def test_a_record_is_passed_when_no_test_failed_and_all_was_taken(work: OctaneWork) -> None:
    work.write("test_it.py", "def test_passes(): pass\n")
    work.will("partly sent", "sent")
    work.pytest()

    before = work.run("pytest_jama", "report", "-o", "before.json")
    work.run("pytest_jama", "upload")
    after = work.run("pytest_jama", "report", "-o", "after.json")

    assert "not passed; 1 test ran: 1 passed. 1 deviation. 0 of 1 document" in before.output
    assert ": passed; 1 test ran: 1 passed. No deviation. 1 of 1 document" in after.output
    record = json.loads((work.folder / "after.json").read_text(encoding="utf-8"))
    assert [each["state"] for each in record["documents"]] == ["sent"]
    assert [each["test"] for each in record["tests_without_case"]] == ["test_it.py::test_passes"]
    known = {each["label"]: each["value"] for each in record["identification"]}
    assert (known["Workspace"], known["Release"]) == ("Pumps (1002)", "2.4 (4001)")


@pytest.mark.parametrize(
    "command, told",
    [
        (("lock",), "octane.yaml: is for ALM Octane, and only Jama has test cases to lock"),
        (
            ("prepare",),
            "octane.yaml: is for ALM Octane, and only Jama has test plans to make ready",
        ),
        (("trace",), "octane.yaml: is for ALM Octane, and only Jama knows requirements"),
        (("manifest", "-o", "x.json"), "only Jama has cases that a manifest tells"),
        (("report", "--trace", "-o", "x.html"), "only Jama can be asked for a report"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_only_jama_has_is_said_where_octane_is(
    work: OctaneWork, command: tuple[str, ...], told: str
) -> None:
    finished = work.run("pytest_jama", *command)

    assert finished.status == 2
    assert told in finished.output


@pytest.mark.parametrize("command", [("trace",), ("manifest", "-o", "x.json")])
def test_journals_for_octane_are_refused_by_what_only_jama_has(
    work: OctaneWork, command: tuple[str, ...]
) -> None:
    work.pytest("--octane-no-upload")
    (journal,) = map(str, work.journals())

    finished = work.run("pytest_jama", *command, journal)

    assert finished.status == 2
    assert ".jsonl: is for ALM Octane, and only Jama " in finished.output
