"""The bundle of a session: journal, manifest and environment, attached to the test plan."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main
from pytest_jama.sandbox.faults import Effect
from pytest_jama.sandbox.jama.stored_files import content_of, files_by_holder
from tests.targets.test_jama_files import LOST, Once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Finished, Repository

SUITE = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_one(): pass

@pytest.mark.jama("KEY-TC-2")
def test_two(): pass
"""
REPORT = """<testsuite tests="1"><testcase classname="t" name="one">
<properties><property name="jama" value="KEY-TC-1"/></properties></testcase></testsuite>"""


@pytest.fixture
def place(repository: Repository) -> Repository:
    """A repository whose sessions leave a bundle."""
    for number in (1, 2):
        repository.case(number)
    repository.start_cycle()
    repository.write("test_it.py", SUITE)
    repository.write("report.xml", REPORT)
    with (repository.folder / "jama.yaml").open("a", encoding="utf-8") as file:
        file.write("evidence: {bundle: true}\n")
    return repository


def bundles(place: Repository) -> list[tuple[str, bytes]]:
    """Return what is attached to the plan."""
    database = place.sandbox.store.database
    (plan,) = place.sandbox.store.plans(place.key)
    files = files_by_holder(database, [plan.id]).get(plan.id, ())
    return [(file.name, content_of(database, file)) for file in files]


def about_files(finished: Finished) -> list[str]:
    lines = (re.sub(r"\d+", "N", f"{each.method} {each.path}") for each in finished.requests)
    return [line for line in lines if "attachments" in line or "abstractitems" in line]


def journal(place: Repository) -> Path:
    (path,) = (place.folder / ".jama").glob("*.jsonl")
    return path


THREE = [
    "POST /projects/N/attachments",
    "PUT /attachments/N/file",
    "POST /testplans/N/attachments",
]


LOOKED_AT = ["GET /attachments/N", "GET /attachments/N/file"]


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["serial", "xdist"])
def test_a_session_leaves_its_bundle_at_the_plan_with_three_requests(
    place: Repository, options: list[str]
) -> None:
    finished = place.pytest_here(*options)
    assert finished.status == 0, finished.output
    assert [each for each in about_files(finished) if "abstractitems" not in each] == THREE
    ((name, content),) = bundles(place)
    path = journal(place)
    assert name == f"pytest-jama-{path.stem}.zip"
    assert f"\nattached   {name} " in finished.output
    files = unpacked(content)
    assert sorted(files) == sorted([f"{path.stem}.intoto.json", path.name, "environment.txt"])
    assert path.read_bytes().startswith(files[path.name])
    assert b'"line":"end","finished":true' in files[path.name].splitlines()[-1]
    manifest = json.loads(files[f"{path.stem}.intoto.json"])
    assert manifest["predicate"]["result"] == "PASSED"
    digest = hashlib.sha256(files[path.name]).hexdigest()
    assert {"name": path.name, "digest": {"sha256": digest}} in manifest["subject"]
    assert b"Tools: pytest-jama " in files["environment.txt"]


def test_without_the_setting_no_request_more_is_made(place: Repository) -> None:
    text = (place.folder / "jama.yaml").read_text("utf-8").replace("bundle: true", "bundle: false")
    place.write("jama.yaml", text)
    finished = place.pytest_here()
    assert not [each for each in about_files(finished) if "attachments" in each]
    assert bundles(place) == []


def test_junit_uploader_leaves_one_too(place: Repository) -> None:
    finished = place.run_here(lambda: junit_uploader(["report.xml"]))
    assert finished.status == 0, finished.output
    assert [name for name, _ in bundles(place)] == [f"pytest-jama-{journal(place).stem}.zip"]


def test_an_upload_of_shards_leaves_one_of_all_journals(place: Repository) -> None:
    for number in ("one", "two"):
        assert place.pytest_here("--jama-no-upload", "-k", number).status == 0
    assert bundles(place) == []
    finished = place.run_here(lambda: main(["upload", ".jama"]))
    assert finished.status == 0, finished.output
    ((name, content),) = bundles(place)
    assert name.endswith("+1.zip")
    assert len([each for each in unpacked(content) if each.endswith(".jsonl")]) == 2


def test_an_upload_that_has_nothing_to_send_leaves_none(place: Repository) -> None:
    assert place.pytest_here().status == 0
    place.run_here(lambda: main(["upload", str(journal(place))]))
    assert len(bundles(place)) == 1


def test_the_manifest_of_a_bundle_verifies_with_the_journal_that_went_on(
    place: Repository,
) -> None:
    assert place.pytest_here().status == 0
    ((_, content),) = bundles(place)
    for name, part in unpacked(content).items():
        if name.endswith(".intoto.json"):
            (place.folder / name).write_bytes(part)
            finished = place.run_here(lambda: main(["verify", "--files", name]))  # noqa: B023
            assert finished.status == 0, finished.output
            assert "2 test runs and 1 file as sent" in finished.output
            assert "more than the manifest knows" in finished.output


def kill_after(path: Path, line: int) -> None:
    """Let a journal end after one of its lines about the bundle, as a kill would."""
    whole = path.read_bytes().splitlines(keepends=True)
    numbers = [number for number, each in enumerate(whole) if b'"line":"file"' in each]
    path.write_bytes(b"".join(whole[: numbers[line] + 1]))


@pytest.mark.parametrize(
    "line, expected",
    [
        (0, ["GET /abstractitems", *LOOKED_AT, THREE[2]]),
        (1, [*LOOKED_AT, THREE[2]]),
        (2, ["GET /testplans/N/attachments"]),
        (3, []),
    ],
    ids=["begun", "created", "stored", "attached"],
)
def test_after_a_kill_the_upload_sends_only_what_is_missing(
    place: Repository, line: int, expected: list[str]
) -> None:
    assert place.pytest_here().status == 0
    before = bundles(place)
    kill_after(journal(place), line)
    finished = place.run_here(lambda: main(["upload"]))
    assert finished.status == 0, finished.output
    made = [each for each in about_files(finished) if "documentKey" not in each]
    looked_up = [each for each in made if each == "GET /abstractitems"]
    assert [each for each in made if each not in looked_up] == [
        each for each in expected if each != "GET /abstractitems"
    ]
    assert len(looked_up) == 1 + expected.count("GET /abstractitems")  # one is for the cases
    assert bundles(place) == before
    assert '"finished":true' in journal(place).read_text("utf-8").splitlines()[-1]


def test_a_kill_between_the_results_and_the_bundle_leaves_it_to_the_upload(
    place: Repository,
) -> None:
    refused = Effect(status=403, message="not permitted")
    with place.sandbox.faults.during(Once("POST", "/attachments", refused, always=True)):
        place.pytest_here()
    whole = journal(place).read_bytes().splitlines(keepends=True)
    ends = [number for number, each in enumerate(whole) if b'"line":"end"' in each]
    journal(place).write_bytes(b"".join(whole[: ends[0]]))
    finished = place.run_here(lambda: main(["upload"]))
    assert finished.status == 0, finished.output
    assert finished.count_requests("PATCH") == 0
    assert len(bundles(place)) == 1


@pytest.mark.parametrize(
    "method, end, start",
    [
        ("POST", "/attachments", "/projects/"),
        ("PUT", "/file", "/attachments/"),
        ("POST", "/attachments", "/testplans/"),
    ],
    ids=["created", "stored", "attached"],
)
def test_a_lost_answer_makes_no_second_bundle(
    place: Repository, method: str, end: str, start: str
) -> None:
    with place.sandbox.faults.during(Once(method, end, LOST, start=start)):
        finished = place.pytest_here()
    assert finished.status == 0, finished.output
    assert len(bundles(place)) == 1


def test_a_refusal_costs_no_result_and_is_told_once(place: Repository) -> None:
    refused = Effect(status=403, message="not permitted")
    with place.sandbox.faults.during(Once("POST", "/attachments", refused, always=True)):
        finished = place.pytest_here()
    assert finished.status == 0, finished.output
    assert finished.output.count("not attached to the test plan (pytest-jama-") == 1
    assert "403 Forbidden: not permitted" in finished.output
    assert place.statuses() == {1: "PASSED", 2: "PASSED"}
    assert place.journal()[-1]["finished"] is True


def test_what_was_refused_is_brought_by_the_upload_that_names_the_journal(
    place: Repository,
) -> None:
    refused = Effect(status=403, message="not permitted")
    with place.sandbox.faults.during(
        Once("POST", "/attachments", refused, start="/testplans/", always=True)
    ):
        assert place.pytest_here().status == 0
    assert bundles(place) == []
    finished = place.run_here(lambda: main(["upload", str(journal(place))]))
    assert finished.status == 0, finished.output
    assert [each for each in about_files(finished) if each.startswith("P")] == THREE[2:]
    assert len(bundles(place)) == 1


def test_a_server_that_stops_before_the_bundle_leaves_it_to_the_next_upload(
    place: Repository,
) -> None:
    place.write(
        "jama.yaml",
        (place.folder / "jama.yaml").read_text("utf-8") + "upload: {give_up_after: 1s}\n",
    )

    class Down(Once):
        def judge(self) -> Any:
            is_down = False

            def judge(arrival: Any) -> Effect:
                nonlocal is_down
                is_down = is_down or arrival.path.endswith("/file")
                return Effect(status=503) if is_down else Effect()

            return judge

    with place.sandbox.faults.during(Down("POST", "", Effect())):
        finished = place.pytest_here()
    assert finished.status == 8, finished.output
    assert place.statuses() == {1: "PASSED", 2: "PASSED"}
    assert bundles(place) == []
    finished = place.run_here(lambda: main(["upload"]))
    assert finished.status == 0, finished.output
    assert finished.count_requests("PATCH") == 0
    assert len(bundles(place)) == 1


@pytest.mark.usefixtures("quick_children")
def test_the_manifest_names_the_settings_files_by_their_hashes(place: Repository) -> None:
    place.run_here(lambda: main(["lock", "test_it.py"]))
    assert (place.folder / "jama.lock").exists()
    assert place.pytest_here().status == 0
    ((_, content),) = bundles(place)
    (manifest,) = (
        json.loads(part)
        for name, part in unpacked(content).items()
        if name.endswith(".intoto.json")
    )
    digests = {
        each["name"]: each["digest"]["sha256"] for each in manifest["predicate"]["configuration"]
    }
    for name in ("jama.yaml", "jama.lock"):
        content = (place.folder / name).read_bytes()
        assert digests[name] == hashlib.sha256(content).hexdigest()
    assert {"settings", "locked cases", "packages"} <= set(digests)
