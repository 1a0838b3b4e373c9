"""Which files a report may name: only regular ones below one folder, whatever it writes."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from junit_uploader.merged_reports import read_reports
from junit_uploader.report_files import (
    MOST_FILES,
    FaultyFileError,
    FileOptions,
    ReportFiles,
    find_below,
)
from pytest_jama.config.evidence_settings import EvidenceSettings
from pytest_jama.core.properties import Offered
from pytest_jama.core.redaction import Redactor
from pytest_jama.journal.file_store import FileStore
from pytest_jama.session.kept_files import KeptFiles
from tests.every import every
from tests.junit.reports import make_case, read_one, suite
from tests.systems import links, pipes

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.core.errors import Unusable
    from pytest_jama.core.results import TestResult


def said(name: str, value: str) -> str:
    return f'<properties><property name="{name}" value="{value}"/></properties>'


@every(
    "inside, files",
    [
        ("<system-out>[[ATTACHMENT|a.png]]</system-out>", ["a.png"]),
        ("<system-err>x\n  [[ATTACHMENT|a b.png]] \r\ny</system-err>", ["a b.png"]),
        (
            "<system-out><![CDATA[\n[[ATTACHMENT|a]]\n\n[[ATTACHMENT|b]]\n]]></system-out>",
            ["a", "b"],
        ),
        ("<system-out>see [[ATTACHMENT|a]], [[ATTACHMENT|b]]</system-out>", ["a", "b"]),
        ("<system-out>[[ATTACHMENT|]] [[ATTACHMENT|a\n]]</system-out>", []),
        ('<system-out>[[ATTACHMENT|a.png|{"type": "left"}]]</system-out>', ["a.png"]),
        (said("attachment", "a.png"), ["a.png"]),
        (said("jama_attachment", "a.png"), ["a.png"]),
        (said("attachment", "https://ci.example/a.png") + said("attachment", "data:,x"), []),
        ("<system-out>[[PROPERTY|jama_attachment=a.png]]</system-out>", ["a.png"]),
        ("<failure>[[ATTACHMENT|a.png]]</failure>", []),
    ],
)
def test_files_are_named_by_marks_in_output_and_by_properties(
    inside: str, files: list[str]
) -> None:
    assert [each.value for each in read_one(inside).files] == files


def test_a_mark_is_found_in_whatever_pieces_the_report_is_read() -> None:
    before = " " * (64 * 1024)
    for cut in range(len("[[ATTACHMENT|")):
        padding = before[: 64 * 1024 - 120 - cut]
        test = read_one(f"<system-out>{padding}[[ATTACHMENT|a.png]]</system-out>")
        assert test.files == (Offered("a.png"),)


def test_only_our_own_property_belongs_to_the_step_before_it() -> None:
    step = '<property name="jama_step" value="2"/>'
    files = "".join(
        f'<property name="{name}" value="{name}.png"/>'
        for name in ("jama_attachment", "attachment")
    )
    test = read_one(f"<properties>{step}{files}</properties>")
    assert [(each.value, each.step) for each in test.files] == [
        ("jama_attachment.png", 2),
        ("attachment.png", None),
    ]


class Reported:
    """Reports in a folder, and the files of their tests."""

    def __init__(self, folder: Path, *, root: str = "", **settings: Any) -> None:
        self.folder = folder
        self.store = FileStore(folder / "kept")
        self.kept = KeptFiles(self.store, EvidenceSettings(**settings), Redactor())
        self.options = FileOptions(root, patterns=tuple(settings.get("files", ())))
        self.faults: list[Unusable] = []

    def add(self, *reports: str) -> list[TestResult]:
        merged = read_reports(reports)
        files = ReportFiles(self.kept, [each.path for each in merged.files], self.options)
        found = [files.add(test.as_result(), test) for test in merged.tests.values()]
        self.faults = list(files.faults())
        return found

    def write(self, name: str, *inside: str) -> str:
        """Write a report; return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(suite(*map(make_case, inside)), encoding="utf-8")
        return str(path)


def marks(*paths: str) -> str:
    return f"<system-out>{''.join(f'[[ATTACHMENT|{path}]]' for path in paths)}</system-out>"


def put(path: Path, content: bytes = b"1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a report, with a file in it, and secrets around it."""
    put(tmp_path / "secret.txt", b"hunter2")
    put(tmp_path / "job-2" / "secret.txt", b"hunter2")
    put(tmp_path / "job" / ".git" / "config", b"hunter2")
    put(tmp_path / "job" / "shots" / "a.png", b"a picture")
    return tmp_path / "job"


def why_not(folder: Path, path: str) -> str:
    with pytest.raises(FaultyFileError) as caught:
        find_below(str(folder), str(folder), path)
    return caught.value.fault.name


@pytest.mark.parametrize(
    "path, fault",
    [
        ("../secret.txt", "OUTSIDE"),
        ("shots/../../secret.txt", "OUTSIDE"),
        ("shots/../../job-2/secret.txt", "OUTSIDE"),
        ("/etc/passwd", "OUTSIDE"),
        ("//server/share/a.png", "OUTSIDE"),
        ("/proc/self/environ", "OUTSIDE"),
        ("..", "OUTSIDE"),
        (".git/config", "HIDDEN"),
        ("shots/../.git/config", "HIDDEN"),
        ("shots/a.png/../../.git/config", "HIDDEN"),
        ("", "ODD"),
        (".", "ODD"),
        ("shots", "ODD"),
        ("shots/b.png", "GONE"),
        ("shots/a.png/b", "GONE"),
        ("~/secret.txt", "GONE"),
        ("$HOME/secret.txt", "GONE"),
        ("a" * 5000, "GONE"),
        ("a/" * 5000, "GONE"),
        ("file:///etc/passwd", "GONE"),
    ],
)
def test_what_is_not_a_file_below_the_folder_is_refused(
    folder: Path, path: str, fault: str
) -> None:
    assert why_not(folder, path) == fault


@links
@pytest.mark.parametrize(
    "name, leads_to, path, fault",
    [
        ("link.txt", "../secret.txt", "link.txt", "OUTSIDE"),
        ("link", "..", "link/secret.txt", "OUTSIDE"),
        ("link", "/", "link/etc/passwd", "OUTSIDE"),
        ("link", ".git", "link/config", "HIDDEN"),
        ("link.txt", "link.txt", "link.txt", "GONE"),
        ("link.txt", "nothing", "link.txt", "GONE"),
    ],
)
def test_a_link_is_followed_no_farther_than_the_folder(
    folder: Path, name: str, leads_to: str, path: str, fault: str
) -> None:
    (folder / name).symlink_to(leads_to)
    found = why_not(folder, path)
    assert found == fault or (leads_to == name and found in ("UNREADABLE", "ODD"))


@links
def test_a_link_within_the_folder_and_a_root_that_is_a_link_are_followed(folder: Path) -> None:
    (folder / "last.png").symlink_to("shots/a.png")
    root = folder.parent / "root"
    root.symlink_to(folder)
    for path in ("last.png", str(root / "last.png"), str(folder / "last.png")):
        found = find_below(str(root), str(root), path)
        assert (found.name, found.read(100)) == ("last.png", b"a picture")


@pipes
def test_pipes_and_sockets_are_refused_without_waiting(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(folder / "pipe")
    assert why_not(folder, "pipe") == "ODD"
    monkeypatch.chdir(folder)  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert why_not(folder, "socket") == "ODD"


def test_absolute_paths_count_below_the_folder(folder: Path) -> None:
    assert find_below(str(folder), str(folder), str(folder / "shots" / "a.png")).size == 9


def test_each_kind_of_fault_is_said_once_with_report_test_and_remedy(folder: Path) -> None:
    session = Reported(folder)
    report = session.write("report.xml", marks("b.png", "c.png", "../secret.txt", "shots/a.png"))
    (result,) = session.add(report)
    assert [each.name for each in result.files] == ["a.png"]
    assert result.notes == (
        "file b.png is not kept: there is no such file below its folder",
        "file c.png is not kept: there is no such file below its folder",
        "file secret.txt is not kept: it does not lie below its folder",
    )
    gone, outside = session.faults
    assert (gone.where, outside.where) == ("shop.Cart.pays", "shop.Cart.pays")
    root = repr(str(folder))
    assert gone.why == (
        f"{report}: file 'b.png' is not attached: there is no such file below {root}; keep it "
        "beside the report, or name the folder that its path begins in: --files-root FOLDER "
        "(so it is with 1 more file)"
    )
    assert outside.why == (
        f"{report}: file '../secret.txt' is not attached: it does not lie below {root}; name the "
        "folder that holds it: --files-root FOLDER"
    )


@pytest.mark.parametrize("path", ["../shots/a.png", "shots/a.png", "{root}/shots/a.png"])
def test_paths_begin_at_the_report_or_at_the_root(folder: Path, path: str) -> None:
    session = Reported(folder, root=str(folder))
    report = session.write("out/report.xml", marks(path.format(root=folder)))
    (result,) = session.add(report)
    assert ([each.name for each in result.files], session.faults) == (["a.png"], [])


def test_a_report_outside_of_the_root_takes_nothing_from_beside_it(folder: Path) -> None:
    session = Reported(folder, root=str(folder / "shots"))
    put(folder / "beside.png")
    report = session.write("report.xml", marks("beside.png"))
    (result,) = session.add(report)
    assert (result.files, len(session.faults)) == ((), 1)


def test_the_same_path_beside_two_reports_is_two_files(folder: Path) -> None:
    session = Reported(folder)
    put(folder / "one" / "a.png", b"one")
    put(folder / "two" / "a.png", b"two")
    reports = [session.write(f"{name}/report.xml", marks("a.png")) for name in ("one", "two")]
    (result,) = session.add(*reports)
    hashes = [hashlib.sha256(content).hexdigest() for content in (b"one", b"two")]
    assert [each.sha256 for each in result.files] == hashes


def test_of_any_number_of_files_a_test_has_so_many(folder: Path) -> None:
    session = Reported(folder, max_run="1 kB")
    for number in range(MOST_FILES + 5):
        put(folder / f"{number}.txt", b"%d" % number)
    report = session.write("report.xml", marks(*(f"{n}.txt" for n in range(MOST_FILES + 5))))
    (result,) = session.add(report)
    assert len(result.files) == MOST_FILES
    assert result.notes == (f"5 more files not kept: a test has at most {MOST_FILES}",)


def test_many_names_of_one_large_file_are_read_once(folder: Path) -> None:
    session = Reported(folder, max_run="1 GB")
    put(folder / "large.bin", b"\0" * 9_000_000)
    names = ["./" * number + "large.bin" for number in range(MOST_FILES)]
    (result,) = session.add(session.write("report.xml", marks(*names)))
    assert [each.size for each in result.files] == [9_000_000]
    assert len(list(session.store.folder.iterdir())) == 1


def test_a_file_beyond_the_limits_is_a_note_with_its_size(folder: Path) -> None:
    session = Reported(folder, max_file="1 kB")
    put(folder / "large.bin", b"\0" * 1001)
    (result,) = session.add(session.write("report.xml", marks("large.bin", "shots/a.png")))
    why = "its 1,001 bytes are more than evidence.max_file allows (1,000)"
    assert result.notes == (f"file large.bin is not kept: {why}",)
    assert [each.name for each in result.files] == ["a.png"]


def test_secrets_in_texts_are_hidden_before_anything_is_kept(folder: Path) -> None:
    session = Reported(folder)
    put(folder / "log.txt", b"password=hunter2")
    (result,) = session.add(session.write("report.xml", marks("log.txt")))
    assert (result.redacted, result.files[0].redacted) == (1, 1)
    assert [b"hunter2" in each.read_bytes() for each in session.store.folder.iterdir()] == [False]


@pytest.mark.parametrize(
    "pattern, names", [("**/{test}*", ["pays.png"]), (".out/{test}*", ["pays.txt"])]
)
def test_a_pattern_finds_names_with_a_dot_only_where_it_has_that_dot(
    folder: Path, pattern: str, names: list[str]
) -> None:
    for path in (".git/pays", ".pays", ".out/pays.txt", "shots/pays.png"):
        put(folder / path)
    session = Reported(folder, root=str(folder), files=[pattern])
    (result,) = session.add(session.write("report.xml", ""))
    assert [each.name for each in result.files] == names


def kept_value(content: bytes, **changes: object) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    kept = {"name": "alarm.png", "sha256": sha256, "size": 9, "type": "image/png"}
    return json.dumps({**kept, **changes}).replace('"', "&quot;")


def test_what_pytest_has_kept_is_taken_by_its_hash(folder: Path) -> None:
    session = Reported(folder)
    put(folder / ".jama" / "x.files" / "0", b"a picture")
    value = kept_value(b"a picture", path=".jama/x.files/0")
    step = '<property name="jama_step" value="2"/>'
    inside = said("jama_attachment", value).replace("<properties>", f"<properties>{step}")
    (result,) = session.add(session.write("report.xml", inside))
    assert [(each.name, each.step) for each in result.files] == [("alarm.png", 2)]
    assert (folder / ".jama" / "x.files" / "0").exists()


@pytest.mark.parametrize(
    "changes",
    [{"sha256": "0" * 64}, {"path": ".git/config"}, {"path": "../secret.txt"}, {"path": 7}],
    ids=str,
)
def test_what_is_not_what_its_hash_says_is_refused(
    folder: Path, changes: dict[str, object]
) -> None:
    session = Reported(folder)
    value = kept_value(b"a picture", **{"path": "shots/a.png", **changes})
    (result,) = session.add(session.write("report.xml", said("jama_attachment", value)))
    assert (result.files, len(session.faults)) == ((), 1)


def test_an_attempt_before_the_last_lends_its_name_to_its_files(folder: Path) -> None:
    session = Reported(folder)
    put(folder / "b.png", b"b")
    attempts = [make_case(marks(name)) for name in ("shots/a.png", "b.png")]
    report = put(folder / "report.xml", suite(*attempts, attributes='name="pytest"').encode())
    (result,) = session.add(str(report))
    assert [each.name for each in result.files] == ["b.png", "attempt-1-a.png"]


def test_a_failure_and_its_teardown_have_the_files_of_both(folder: Path) -> None:
    session = Reported(folder)
    put(folder / "b.png", b"b")
    call = make_case(f'<failure message="x"/>{marks("shots/a.png")}')
    error = '<error message="failed on teardown with &quot;y&quot;"/>'
    teardown = make_case(error + marks("b.png"))
    report = put(folder / "report.xml", suite(call, teardown, attributes='name="pytest"').encode())
    (result,) = session.add(str(report))
    assert [each.name for each in result.files] == ["a.png", "b.png"]
