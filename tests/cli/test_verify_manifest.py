"""`pytest-jama verify MANIFEST`: whatever of a record was altered is found and named."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main
from pytest_jama.report.evidence.statement import PREDICATE_TYPE, STATEMENT_TYPE
from tests.cli.upload_world import EARLY, FAILED, LATE, PASSED
from tests.journal.record import chained
from tests.sandbox.client import Api, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.upload_world import World


class Stated:
    """An upload, its manifest, and a file that was tested."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        self.world = world
        self._capsys = capsys
        self.folder = world.repository.folder
        self.journal = world.journal(LATE, PASSED, FAILED)
        assert world() == 0, world.err
        self.subject = self.folder / "pump.whl"
        self.subject.write_bytes(b"a wheel")
        self.path = self.folder / "upload.intoto.json"
        made = main(["manifest", "--subject", "pump.whl", "-o", str(self.path)])
        assert made == 0
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        self._capsys.readouterr()
        self.world.repository.sandbox.clear_requests()
        status = main(["verify", str(self.path), *arguments])
        self.out, self.err = self._capsys.readouterr()
        return status

    def found(self, *arguments: str) -> dict[str, Any]:
        """Return what `verify --json` says of a record that was altered."""
        assert self("--json", *arguments) == 1, self.out + self.err
        return dict(json.loads(self.out))

    def edit(self, change: Any) -> None:
        document = json.loads(self.path.read_text("utf-8"))
        change(document)
        self.path.write_text(json.dumps(document), "utf-8")

    def patch(self, number: int, **fields: Any) -> None:
        run = self.world.repository.runs()[f"{self.world.repository.key}-TC-{number}"]
        api = Api(self.world.repository.sandbox)
        operations = [replace(name, value) for name, value in fields.items()]
        assert api.call("PATCH", f"/testruns/{run.id}", json=operations).status == 200
        api.close()


@pytest.fixture
def stated(world: World, capsys: pytest.CaptureFixture[str]) -> Stated:
    return Stated(world, capsys)


def test_what_was_uploaded_is_as_stated_with_one_list(stated: Stated) -> None:
    assert stated() == 0, stated.out + stated.err
    assert (
        "2 test runs as sent; the manifest is as it was made, and its journal is whole"
        in stated.out
    )
    requests = [f"{each.method} {each.path}" for each in stated.world.repository.sandbox.requests]
    assert [each for each in requests if "/oauth/" not in each] == ["GET /testruns"]


@pytest.mark.parametrize("name", ["manifest.txt", "manifest.jsonl"])
@pytest.mark.parametrize("is_one_line", [False, True], ids=["indented", "one-line"])
def test_format_and_name_of_the_file_do_not_matter(
    stated: Stated, name: str, is_one_line: bool
) -> None:
    if is_one_line:
        stated.edit(lambda _: None)
    stated.path = stated.path.rename(stated.folder / name)
    assert stated() == 0, stated.out + stated.err


def test_a_changed_status_in_jama_is_named(stated: Stated) -> None:
    stated.patch(2, testRunStatus="PASSED")
    (difference,) = stated.found()["differences"]
    assert (difference["what"], difference["now"]) == ("status", "PASSED")


def _result(document: dict[str, Any]) -> None:
    document["predicate"]["result"] = "PASSED"


def _case(document: dict[str, Any]) -> None:
    document["predicate"]["pytest_jama"]["cases"][1]["runs"][0]["status"] = "PASSED"


def _list(document: dict[str, Any]) -> None:
    predicate = document["predicate"]
    predicate["passedTests"].append(predicate["failedTests"].pop(0))


def _left_out(document: dict[str, Any]) -> None:
    del document["predicate"]["pytest_jama"]["deviations"]


def _added(document: dict[str, Any]) -> None:
    document["predicate"]["approved"] = True


def _commit(document: dict[str, Any]) -> None:
    document["subject"].insert(0, {"digest": {"gitCommit": "0" * 40}})


@pytest.mark.parametrize(
    "change, fields",
    [
        (_result, {"predicate.result": ('"PASSED"', '"FAILED"')}),
        (
            _case,
            {
                "predicate.pytest_jama.cases[KEY-TC-2].runs[RUN].status": (
                    '"PASSED"',
                    '"FAILED"',
                )
            },
        ),
        (
            _list,
            {
                "predicate.passedTests[KEY-TC-2]": ('"KEY-TC-2"', "nothing"),
                "predicate.failedTests[KEY-TC-2]": ("nothing", '"KEY-TC-2"'),
            },
        ),
        (_left_out, {"predicate.pytest_jama.deviations": ("nothing", None)}),
        (_added, {"predicate.approved": ("true", "nothing")}),
    ],
    ids=["result", "status-of-a-run", "list", "left-out", "added"],
)
def test_an_edited_manifest_is_named_with_field_and_both_values(
    stated: Stated, change: Any, fields: dict[str, tuple[str, str | None]]
) -> None:
    key = stated.world.repository.key
    run = stated.world.repository.runs()[f"{key}-TC-2"].id
    stated.edit(change)
    altered = {each["what"]: each for each in stated.found("--offline")["altered"]}
    wanted = {
        name.replace("KEY", key).replace("RUN", str(run)): each for name, each in fields.items()
    }
    assert list(altered) == list(wanted)
    for name, (said, is_there) in wanted.items():
        assert altered[name]["stated"] == said.replace("KEY", key)
        assert is_there is None or altered[name]["found"] == is_there.replace("KEY", key)
        assert altered[name]["where"] == "upload.intoto.json"


def test_a_commit_that_was_put_in_is_found(stated: Stated) -> None:
    stated.edit(_commit)
    assert any(each["what"].startswith("subject[") for each in stated.found("--offline")["altered"])


def test_an_edited_journal_is_named_with_its_line_and_hash(stated: Stated) -> None:
    content = stated.journal.read_bytes()
    stated.journal.write_bytes(content.replace(b'"outcome":"failed"', b'"outcome":"passed"', 1))
    found = stated.found()
    assert "was changed after it was written" in found["edited"][0]
    whats = [each["what"] for each in found["altered"]]
    assert whats[0] == "SHA-256"
    assert "predicate.result" not in whats  # an edited journal is FAILED, too
    assert any("chain" in each or "deviations" in each for each in whats)


def test_an_altered_subject_is_named_with_both_hashes(stated: Stated) -> None:
    stated.subject.write_bytes(b"another wheel")
    (altered,) = stated.found()["altered"]
    assert (altered["where"], altered["what"]) == ("pump.whl", "SHA-256")
    assert len({altered["stated"], altered["found"]}) == 2


def test_a_missing_subject_is_told_and_is_no_difference(stated: Stated) -> None:
    stated.subject.unlink()
    assert stated() == 0
    assert "file pump.whl of the manifest was not found" in stated.out


def test_a_stated_name_leads_out_of_no_folder(stated: Stated) -> None:
    outside = stated.folder.parent / "outside.txt"
    outside.write_text("other", "utf-8")
    stated.edit(lambda document: document["subject"][-1].update(name="../outside.txt"))
    assert stated("--offline") == 0, stated.out
    assert "file ../outside.txt of the manifest was not found" in stated.out


def test_lines_that_an_upload_added_are_told_and_are_no_difference(stated: Stated) -> None:
    stated.journal.write_bytes(
        b"".join(stated.journal.read_bytes().splitlines(keepends=True)[:-1])
    )  # as of an upload that was killed at its end
    main(["manifest", "--subject", "pump.whl", "-o", str(stated.path)])
    assert stated.world() == 0, stated.world.err
    assert stated() == 0, stated.out + stated.err
    assert "more than the manifest knows" in stated.out


def test_the_journal_is_found_beside_the_manifest_and_by_its_hash(stated: Stated) -> None:
    elsewhere = stated.folder / "audit"
    elsewhere.mkdir(0o700)
    stated.path = stated.path.rename(elsewhere / "m.json")
    moved = stated.journal.rename(elsewhere / stated.journal.name)
    assert stated("--offline") == 0, stated.out
    assert "its journal is whole" in stated.out
    renamed = moved.rename(elsewhere / "evidence.jsonl")
    assert stated("--offline", str(renamed)) == 0, stated.out
    assert "its journal is whole" in stated.out


def test_without_its_journal_the_manifest_itself_is_compared(stated: Stated) -> None:
    stated.journal.unlink()
    assert stated() == 0, stated.out + stated.err
    assert "2 test runs as sent; the manifest alone was compared" in stated.out
    assert f"journal {LATE}.jsonl of the manifest was not found" in stated.out
    stated.patch(1, testRunStatus="BLOCKED")
    (difference,) = stated.found()["differences"]
    assert (difference["sent"], difference["now"]) == ("PASSED", "BLOCKED")


def test_without_its_journal_a_manifest_must_not_contradict_itself(stated: Stated) -> None:
    stated.journal.unlink()
    whole = stated.path.read_bytes()
    stated.edit(lambda document: document["predicate"].update(result="PASSED"))
    (altered,) = stated.found("--offline")["altered"]
    assert (altered["what"], altered["stated"], altered["found"]) == (
        *("predicate.result", '"PASSED"', '"FAILED"'),
    )
    stated.path.write_bytes(whole)
    stated.edit(lambda document: document["predicate"].update(failedTests=[]))
    (altered,) = stated.found("--offline")["altered"]
    assert altered["what"] == "predicate.failedTests"


def test_offline_nothing_is_verified_when_nothing_was_found(stated: Stated) -> None:
    stated.journal.unlink()
    assert stated("--offline") == 0, stated.out + stated.err
    assert "what was found of it is as stated" in stated.out
    stated.subject.unlink()
    assert stated("--offline") == 2, stated.out
    assert "verified" not in stated.out
    assert "nothing to compare with" in stated.err


def test_offline_no_server_is_asked(stated: Stated, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("JAMA_")]:
        monkeypatch.delenv(name)
    assert stated("--offline") == 0, stated.err
    assert "its journal is whole; Jama was not asked" in stated.out
    assert not stated.world.repository.sandbox.requests


def test_a_manifest_of_another_server_is_refused(
    stated: Stated, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated.journal.unlink()
    monkeypatch.setenv("JAMA_URL", "https://other.example")
    assert stated() == 2
    assert "https://other.example" in stated.err


NO_MANIFESTS = {
    '{"_type": "x",\n "subject": [}': "upload.intoto.json:2:14: is not JSON",
    "": "upload.intoto.json:1:1: is not JSON",
    "[]": "is not a JSON object",
    "[" * 100_000: "is not JSON that can be read",
    '{"_type": "x"}': '_type is "x"',
    '{"payloadType": "application/vnd.in-toto+json"}': "is a signed envelope",
    json.dumps(
        {"_type": STATEMENT_TYPE, "predicateType": "https://slsa.dev/p"}
    ): 'predicateType is "https://slsa.dev/p"',
    json.dumps(
        {"_type": STATEMENT_TYPE, "predicateType": PREDICATE_TYPE}
    ): "predicate.pytest_jama.format is nothing",
    '{"result": "PASSED", "result": "FAILED"}': "has the field 'result' twice",
}
"""What is said of each."""


def test_what_is_no_manifest_is_wrong_use(stated: Stated) -> None:
    for content, complaint in NO_MANIFESTS.items():
        stated.path.write_text(content, "utf-8")
        assert stated() == 2, complaint
        assert complaint in stated.err


LACKING: dict[str, Callable[[dict[str, Any]], object]] = {
    "no-subject": lambda document: document.update(subject=[]),
    "odd-subject": lambda document: document.update(subject={"a": 1}),
    "name": lambda document: document["subject"][0].update(name="other.jsonl"),
    "odd-journal": lambda document: document["predicate"]["pytest_jama"].update(journals=[7]),
    "odd-facts": lambda document: document["predicate"].update(pytest_jama=[]),
    "newer": lambda document: document["predicate"]["pytest_jama"].update(format=2),
}


def test_a_manifest_that_lacks_its_journals_is_wrong_use(stated: Stated) -> None:
    whole = stated.path.read_bytes()
    for name, change in LACKING.items():
        stated.path.write_bytes(whole)
        stated.edit(change)
        assert stated() == 2, name
        assert "name a file that pytest-jama manifest wrote" in stated.err, name


ODD: tuple[Any, ...] = (7, [7], [[]], {"a": []}, "x", None)


@pytest.mark.parametrize("part", ["cases", "cycle", "sessions", "deviations"])
def test_odd_facts_of_a_manifest_are_a_difference_and_no_crash(stated: Stated, part: str) -> None:
    whole, journal = stated.path.read_bytes(), stated.journal.read_bytes()
    for value in ODD:
        odd = {part: value}
        stated.path.write_bytes(whole)
        stated.journal.write_bytes(journal)
        stated.edit(lambda document, odd=odd: document["predicate"]["pytest_jama"].update(odd))
        assert stated("--offline") == 1, (value, stated.err)
        stated.journal.unlink()
        assert stated() in (0, 1), (value, stated.err)


def test_a_folder_gives_all_its_journals(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.journal(LATE, PASSED, FAILED)
    assert world() == 0, world.err
    world.journal(EARLY, None, None, PASSED, order=2**60)
    assert world(str(world.folder / f"{EARLY}.jsonl")) == 0, world.err
    (world.folder / "begun.jsonl").write_bytes(b"")
    assert main(["verify", str(world.folder)]) == 0
    out = capsys.readouterr().out
    assert "3 test runs as sent" in out
    assert "begun.jsonl ends before its header does" in out


def test_edits_that_an_upload_accepted_are_told_and_are_no_difference(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    path = world.journal(LATE, PASSED, FAILED)
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"outcome":"failed"', b'"outcome":"passed"', 1))
    assert world("--accept-edited") == 0, world.err
    assert main(["verify", str(path)]) == 0
    out = capsys.readouterr().out
    assert "an upload was told to accept it" in out


def test_a_result_that_contradicts_the_verdict_is_found_though_the_chain_is_whole(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    key = world.repository.key
    test = f'import pytest\n@pytest.mark.jama("{key}-TC-1")\ndef test_it(): assert 0\n'
    world.repository.write("test_it.py", test)
    assert world.repository.pytest_here().status == 1
    (path,) = world.folder.glob("*.jsonl")
    assert main(["verify", str(path)]) == 0
    content = path.read_bytes().replace(b'"outcome":"failed"', b'"outcome":"passed"', 1)
    path.write_bytes(chained(content))
    assert main(["verify", str(path)]) == 1
    assert "says another verdict" in capsys.readouterr().out


def test_journals_of_several_cycles_are_compared_in_one_call(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [world.journal(LATE, PASSED), world.journal(EARLY, None, FAILED, cycle="Another")]
    for path in paths:
        assert world(str(path)) == 0, world.err
    world.repository.sandbox.clear_requests()
    assert main(["verify", *map(str, paths)]) == 0
    assert "2 test runs as sent" in capsys.readouterr().out
    lists = [each for each in world.repository.sandbox.requests if each.path == "/testruns"]
    assert len(lists) == 2


def test_a_run_that_was_left_alone_is_named_and_not_compared(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    run = world.repository.runs()[f"{world.repository.key}-TC-1"]
    world.repository.sandbox.store.set_status(run.id, "FAILED")
    path = world.journal(LATE, PASSED, FAILED, run={"others": "leave"})
    world()
    assert main(["verify", "--json", str(path)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["checked"], len(said["left"])) == (1, 1)
    assert f"{world.repository.key}-TC-1" in said["left"][0]


def test_all_six_alterations_at_once_are_each_named(stated: Stated) -> None:
    stated.patch(1, testRunStatus="BLOCKED")
    stated.patch(2, actualResults="<p>All is well</p>")
    stated.subject.write_bytes(b"another wheel")
    stated.edit(_result)
    content = stated.journal.read_bytes()
    stated.journal.write_bytes(content.replace(b'"outcome":"failed"', b'"outcome":"error"', 1))
    found = stated.found()
    assert sorted(each["what"] for each in found["differences"]) == ["account", "status"]
    assert found["edited"]
    whats = {(each["where"], each["what"]) for each in found["altered"]}
    assert ("pump.whl", "SHA-256") in whats
    assert ("upload.intoto.json", "predicate.result") in whats
    assert any(where.endswith(".jsonl") and what == "SHA-256" for where, what in whats)
