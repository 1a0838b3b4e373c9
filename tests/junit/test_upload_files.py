"""Files that reports name, at Jama: sent with their results, from a journal, too."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main
from pytest_jama.sandbox.jama.stored_files import content_of, files_by_holder
from tests.junit.reports import make_case, suite
from tests.systems import links

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.harness import Repository
    from tests.junit.conftest import Uploaded, Uploader

SHOT = b"\x89PNG a picture"
HASH = hashlib.sha256(SHOT).hexdigest()
MAP = "tests: {shop.Cart.adds: KEY-TC-1, shop.Cart.pays: KEY-TC-2}\n"


def named(*paths: str) -> str:
    return f"<system-out>{''.join(f'[[ATTACHMENT|{path}]]' for path in paths)}</system-out>"


def adds(inside: str = "") -> str:
    return f'<testcase classname="shop.Cart" name="adds">{inside}</testcase>'


@pytest.fixture
def shop(uploader: Uploader) -> Uploader:
    """Two mapped tests with files."""
    uploader.cases(1, 2)
    uploader.configure(MAP)
    path = uploader.repository.folder / "out" / "shots" / "a.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(SHOT)
    (path.parent / "log.txt").write_text("42 V, token=hunter2", encoding="utf-8")
    cases = adds(named("shots/a.png", "shots/log.txt")), make_case(named("shots/a.png"))
    uploader.write("out/report.xml", suite(*cases))
    return uploader


def stored(repository: Repository) -> Mapping[str, list[tuple[str, bytes]]]:
    """Return name and bytes of the files of each run, by the key of its case."""
    runs = repository.runs()
    database = repository.sandbox.store.database
    found = files_by_holder(database, [run.id for run in runs.values()])
    return {
        key.rpartition("-")[2]: sorted(
            (file.name, content_of(database, file)) for file in found.get(run.id, ())
        )
        for key, run in runs.items()
    }


def requests(repository: Repository) -> Counter[str]:
    return Counter(
        each.method for each in repository.sandbox.requests if "attachments" in each.path
    )


def results_in(uploaded: Uploaded, uploader: Uploader) -> list[dict[str, Any]]:
    """Return the results that the journal of a command has."""
    path = uploader.repository.folder / uploaded.document["journal"]
    read = map(json.loads, path.read_text("utf-8").splitlines())
    return [line for line in read if line["line"] == "result"]


def test_files_that_a_report_names_arrive_with_three_requests_for_each(shop: Uploader) -> None:
    uploaded = shop("out/report.xml")
    assert uploaded.status == 0, uploaded.err
    assert requests(shop.repository) == {"POST": 2 + 3, "PUT": 2}
    shots = stored(shop.repository)
    assert shots["2"] == [("a.png", SHOT)]
    (name, log), shot = reversed(shots["1"])
    assert (name, shot) == ("log.txt", ("a.png", SHOT))
    assert (b"42 V" in log, b"hunter2" in log) == (True, False)
    accounts = [run.actual_results or "" for run in shop.repository.runs().values()]
    assert all(f"SHA-256 {HASH}: attached" in account for account in accounts)


def test_the_journal_sends_them_when_the_folder_of_the_report_is_gone(shop: Uploader) -> None:
    uploaded = shop("--no-upload", "--json", "out/report.xml")
    assert (uploaded.status, requests(shop.repository)) == (0, {})
    files = {each["test"]: each["files"] for each in results_in(uploaded, shop)}
    assert [each["name"] for each in files["shop.Cart.adds"]] == ["a.png", "log.txt"]
    assert files["shop.Cart.pays"][0]["sha256"] == HASH
    shutil.rmtree(shop.repository.folder / "out")
    assert main(["upload"]) == 0
    assert requests(shop.repository) == {"POST": 2 + 3, "PUT": 2}
    assert stored(shop.repository)["2"] == [("a.png", SHOT)]


def test_no_secret_of_a_file_is_ever_beside_the_journal(shop: Uploader) -> None:
    uploaded = shop("--no-upload", "--json", "out/report.xml")
    assert uploaded.document["redacted"] == {"passages": 1, "results": 1}
    folder = shop.repository.folder / ".jama"
    kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert not any(b"hunter2" in each for each in kept)


def test_a_file_that_is_gone_costs_no_result_and_is_said_with_the_remedy(shop: Uploader) -> None:
    shutil.rmtree(shop.repository.folder / "out" / "shots")
    uploaded = shop("out/report.xml")
    assert uploaded.status == 1
    assert shop.repository.statuses() == {1: "PASSED", 2: "PASSED"}
    (line,) = [line for line in uploaded.out.splitlines() if line.startswith("NO FILE")]
    assert "shop.Cart.adds: out/report.xml: file 'shots/a.png' is not attached" in line
    assert "--files-root FOLDER (so it is with 2 more files)" in line


def test_a_dry_run_says_how_many_files_there_are_and_how_large(shop: Uploader) -> None:
    uploaded = shop("--dry-run", "out/report.xml")
    assert uploaded.status == 0
    size = len(SHOT) + len("42 V, token=***")
    assert f"would      attach 2 files ({size} bytes) to 2 test runs" in uploaded.out
    assert requests(shop.repository) == {}


def test_files_can_be_left_where_they_are(shop: Uploader) -> None:
    shutil.rmtree(shop.repository.folder / "out" / "shots")
    assert shop("--no-files", "out/report.xml").status == 0
    assert requests(shop.repository) == {}


@pytest.mark.parametrize("path", ["../../jama.yaml", "../jama.yaml", "shots/../../jama.yaml"])
def test_nothing_from_outside_of_the_folder_is_sent(uploader: Uploader, path: str) -> None:
    uploader.cases(1)
    uploader.configure(MAP)
    uploader.write("out/report.xml", suite(adds(named(path))))
    uploaded = uploader("--json", "out/report.xml")
    assert (uploaded.status, requests(uploader.repository)) == (1, {})
    (unusable,) = uploaded.document["unusable"]
    assert (unusable["kind"], unusable["where"]) == ("file", "shop.Cart.adds")
    assert not list((uploader.repository.folder / ".jama").glob("*.files"))


@links
def test_a_link_in_an_artifact_leads_to_nothing_else(uploader: Uploader) -> None:
    uploader.cases(1)
    uploader.configure(MAP)
    uploader.write("out/report.xml", suite(adds(named("a.txt"))))
    (uploader.repository.folder / "out" / "a.txt").symlink_to("../jama.yaml")
    assert uploader("out/report.xml").status == 1
    assert requests(uploader.repository) == {}


def test_a_root_says_where_the_paths_of_other_tools_begin(shop: Uploader) -> None:
    shop.write(
        "reports/report.xml", suite(make_case(named("out/shots/a.png", "../out/shots/a.png")))
    )
    assert shop("--files-root", ".", "reports/report.xml").status == 0
    assert stored(shop.repository)["2"] == [("a.png", SHOT)]


@pytest.mark.parametrize("root", ["gone", "jama.yaml", "out/report.xml/.."])
def test_a_root_that_is_not_a_folder_is_wrong_use(shop: Uploader, root: str) -> None:
    refused = shop("--files-root", root, "out/report.xml")
    assert (refused.status, refused.requests) == (2, ())
    assert f"--files-root: '{root}' is not a folder; name one that is there" in refused.err


def test_a_report_from_standard_input_needs_a_root(shop: Uploader) -> None:
    shop.pipe(suite(make_case(named("shots/a.png"))))
    refused = shop("-")
    assert "a report from standard input lies in no folder; name one: --files-root" in refused.out
    shop.pipe(suite(make_case(named("shots/a.png"))))
    assert shop("--files-root", "out", "-").status == 0
    assert stored(shop.repository)["2"] == [("a.png", SHOT)]


def test_files_of_tests_that_no_case_is_linked_to_stay_where_they_are(shop: Uploader) -> None:
    shop.write("out/more.xml", suite(make_case(named("gone.png")).replace("pays", "walks")))
    uploaded = shop("--no-upload", "--json", "out/more.xml", "out/report.xml")
    assert (uploaded.status, uploaded.document["unusable"]) == (0, [])


def test_reports_that_say_the_same_of_a_test_are_one_result_with_the_files_of_both(
    shop: Uploader,
) -> None:
    folder = shop.repository.folder
    shutil.copytree(folder / "out", folder / "again")
    (folder / "again" / "shots" / "a.png").write_bytes(b"another picture")
    uploaded = shop("out/report.xml", "again/report.xml")
    assert uploaded.status == 0, uploaded.out
    assert [content for _, content in stored(shop.repository)["2"]] == [b"another picture", SHOT]


def test_a_command_without_journal_says_that_it_keeps_no_file(shop: Uploader) -> None:
    shop.configure("journal: {folder: jama.yaml}\n")
    uploaded = shop("out/report.xml")
    assert shop.repository.statuses() == {1: "PASSED", 2: "PASSED"}
    assert "it would be kept beside the journal, and there is none" in uploaded.out
    assert requests(shop.repository) == {}


FAILURE = (
    '<failure message="no tone">no tone\nat dial.c:7</failure>'
    "<system-out>dialling\n[[ATTACHMENT|gone.png]]\ntoken=hunter2</system-out>"
    "<system-err>beep</system-err>"
)
LOG = """\
shop.Cart.pays

----- failure -----
no tone
at dial.c:7

----- system-out -----
dialling
token=***

----- system-err -----
beep

"""


@pytest.mark.parametrize(
    "wanted, tests", [("never", []), ("on_failure", ["2"]), ("always", ["1", "2"])]
)
def test_the_log_of_a_test_is_one_of_its_files(
    uploader: Uploader, wanted: str, tests: list[str]
) -> None:
    uploader.cases(1, 2)
    uploader.configure(f"{MAP}evidence: {{log: {wanted}}}\n")
    out = "<system-out>adding</system-out>"
    uploader.write("report.xml", suite(adds(out), make_case(FAILURE)))
    assert uploader("--no-files", "report.xml").status == 0
    found = stored(uploader.repository)
    assert [each for each, files in found.items() if files] == tests
    if "2" in tests:
        assert found["2"] == [("pays.log", LOG.encode())]
    if "1" in tests:
        text = b"shop.Cart.adds\n\n----- system-out -----\nadding\n\n"
        assert found["1"] == [("adds.log", text)]


def test_a_test_that_says_nothing_has_no_log(uploader: Uploader) -> None:
    uploader.cases(1)
    uploader.configure(f"{MAP}evidence: {{log: always}}\n")
    uploader.write("report.xml", suite(adds("<system-out> \n</system-out>")))
    assert uploader("report.xml").status == 0
    assert stored(uploader.repository)["1"] == []


def test_testcases_that_differ_in_their_output_alone_stay_one_with_one_log(
    uploader: Uploader,
) -> None:
    uploader.cases(1, 2)
    uploader.configure(f"{MAP}evidence: {{log: on_failure}}\n")
    failures = (f'<failure message="x"/><system-out>{word}</system-out>' for word in ("a", "b"))
    uploader.write("report.xml", suite(*map(make_case, failures)))
    uploaded = uploader("--json", "report.xml")
    (result,) = results_in(uploaded, uploader)
    assert "2 testcases of this name in the reports: 2 failed" in result["notes"]
    ((name, log),) = stored(uploader.repository)["2"]
    assert (name, b"\na\n" in log, b"\nb\n" in log) == ("pays.log", True, True)


def test_a_report_with_texts_of_any_length_has_its_log_cut_as_its_message_is(
    uploader: Uploader,
) -> None:
    uploader.cases(1)
    uploader.configure(f"{MAP}evidence: {{log: always}}\n")
    uploader.write("report.xml", suite(adds(f"<system-out>{'a ' * 6_000_000}</system-out>")))
    assert uploader("report.xml").status == 0
    ((_, log),) = stored(uploader.repository)["1"]
    assert len(log) < 1_000_100


def test_patterns_find_the_files_of_a_test_in_the_folder_of_the_command(shop: Uploader) -> None:
    shop.configure('evidence: {files: ["artifacts/{test}/**", "out/**"]}\n')
    shop.write("artifacts/pays/deep/trace.txt", "42 V")
    shop.write("artifacts/adds/other.txt", "43 V")
    assert shop("--no-files", "out/report.xml").status == 0
    files = stored(shop.repository)
    assert files == {"1": [("other.txt", b"43 V")], "2": [("trace.txt", b"42 V")]}
    assert shop("--no-files", "--files-root", "out", "out/report.xml").status == 0
