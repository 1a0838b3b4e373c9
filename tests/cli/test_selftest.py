"""`pytest-jama selftest`: it finds what is wrong, tells it, and stops at nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main
from pytest_jama.cli.selftest.catalogue import SCENES, select
from pytest_jama.cli.selftest.conducting import conduct, play
from pytest_jama.cli.selftest.qualification_page import render
from pytest_jama.cli.selftest.scene import (
    NOT_SEEN,
    Check,
    Conclusion,
    Scene,
    Sight,
    differences,
    judge,
)
from pytest_jama.sandbox.jama.knobs import Knobs
from tests.every import every
from tests.fork_server import quick_python
from tests.forking import heeded_at_start
from tests.harness import ADDOPTS

if TYPE_CHECKING:
    from pytest_jama.cli.selftest.scene import Fact, Judged
    from pytest_jama.cli.selftest.workshop import Workshop

PAGE = Path(__file__).parents[2] / "docs" / "qualification.md"
ALL = [(scene, check) for scene in SCENES for check in scene.checks]
_HANDED_ON = {"LANG", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"}
BY_NAME = {scene.name: scene for scene in SCENES}


@pytest.fixture
def quick_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processes of scenes come from a fork server, which begins as they do."""
    for name in heeded_at_start(os.environ).keys() - _HANDED_ON:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "executable", quick_python(ADDOPTS, PYTHONUTF8="1"))


def conclusions(judged: list[Judged]) -> dict[str, Conclusion]:
    return {each.check.id: each.conclusion for each in judged}


def another(value: Fact) -> Fact:
    """Return a value that is as wrong as can be, and still of its kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return "FAILED" if value == "PASSED" else "PASSED"


# -- each check can fail -------------------------------------------------------------------


@every("scene, check", ALL, ids=[check.id for _, check in ALL])
def test_a_check_fails_with_each_fact_that_is_another_or_missing(
    scene: Scene, check: Check
) -> None:
    one = replace(scene, checks=(check,))
    expected = dict(check.expected)
    assert conclusions(judge(one, Sight(expected))) == {check.id: Conclusion.PASSED}
    for name, value in expected.items():
        wrong = {**expected, name: another(value)}
        missing = {key: each for key, each in expected.items() if key != name}
        for facts in (wrong, missing):
            (judged,) = judge(one, Sight(facts))
            assert judged.conclusion is Conclusion.FAILED
            assert differences(check.expected, judged.observed) == [name]


def test_true_is_not_1_and_what_is_not_seen_equals_nothing() -> None:
    assert differences({"a": True, "b": 0}, {"a": 1, "b": False}) == ["a", "b"]
    assert all(NOT_SEEN not in check.expected.values() for _, check in ALL)


@pytest.mark.usefixtures("quick_scenes")
def test_a_server_that_passes_steps_by_itself_is_seen() -> None:
    scene = BY_NAME["steps"]
    found = conclusions(judge(scene, play(scene, knobs=Knobs(skipped_steps="pass"))))
    assert (found["P-06"], found["P-01"]) == (Conclusion.FAILED, Conclusion.PASSED)


BROKEN = {
    "as-installed": (
        """
        import dataclasses
        import pytest_jama.core.verdicts as verdicts

        judge = verdicts.judge_case
        passed = verdicts.Verdict.PASSED
        verdicts.judge_case = lambda *a, **k: dataclasses.replace(judge(*a, **k), verdict=passed)
        """,
        {"F-05"},
    ),
    "secrets": (
        """
        from pytest_jama.core import redaction

        redaction.Redactor.hide = lambda self, text: redaction.Hidden(text, 0)
        """,
        {"X-03"},
    ),
}
"""By scene: a program that breaks the product in its processes, and the checks that must see it."""


def test_a_scene_that_breaks_off_fails_its_checks_and_stops_no_other() -> None:
    def break_off(workshop: Workshop) -> None:
        workshop.see(first=1)
        raise OSError("no space left")

    def go_on(workshop: Workshop) -> None:
        workshop.see(first=1)

    checks = (Check("A-1", "one", {"first": 1}, ()), Check("A-2", "two", {"second": 1}, ()))
    told: list[str] = []
    judged = conduct(
        [
            Scene("breaks", "", break_off, checks),
            Scene("goes-on", "", go_on, (replace(checks[0], id="B-1"),)),
            Scene("cannot", "", go_on, (replace(checks[0], id="C-1"),), lambda: "no device"),
        ],
        on_end=lambda scene, _: told.append(scene.name),
    )
    passed, failed, not_run = Conclusion.PASSED, Conclusion.FAILED, Conclusion.NOT_RUN
    assert conclusions(judged) == {"A-1": passed, "A-2": failed, "B-1": passed, "C-1": not_run}
    assert judged[1].reason == "the scene broke off: OSError: no space left"
    assert judged[3].reason == "no device"
    assert sorted(told) == ["breaks", "cannot", "goes-on"]


def test_processes_of_a_scene_get_nothing_of_the_environment_that_may_be_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "JAMA_PASSWORD", "PYTEST_ADDOPTS", "GITHUB_ACTIONS"):
        monkeypatch.setenv(name, "mine")

    def look(workshop: Workshop) -> None:
        ran = workshop.run("-c", "import os; print([*os.environ.values()].count('mine'))")
        workshop.see(values=int(ran.output))

    assert play(Scene("looks", "", look, ())).facts == {"values": 0}


# -- the command ---------------------------------------------------------------------------


@pytest.mark.usefixtures("quick_scenes")
def test_a_selftest_of_some_checks_writes_both_reports_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scenes))
    html, document = tmp_path / "q.html", tmp_path / "q.json"
    words = "F-05 N-01 J-02 X-22 K-10"
    status = main(["selftest", "--json", "-k", words, "-o", str(html), "-o", str(document)])
    printed = capsys.readouterr()
    said = json.loads(printed.out)
    assert (status, said["result"], said["totals"]["passed"]) == (0, "passed", 5), printed.err
    assert json.loads(document.read_text(encoding="utf-8")) == said
    page = html.read_text(encoding="utf-8")
    assert [id_ for id_ in words.split() if f'<tr id="{id_}">' not in page] == []
    assert "Only a part of all checks was chosen" in page
    assert "selftest   5 of 5 checks passed (a part, chosen by -k" in printed.err
    assert [*scenes.iterdir()] == []


def test_a_product_that_is_broken_is_told_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "q.json"
    words = [id_ for _, ids in BROKEN.values() for id_ in ids]
    program = "".join(text for text, _ in BROKEN.values())
    lines = [line.strip() for line in program.splitlines()]
    (tmp_path / "sitecustomize.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    status = main(["selftest", "-k", " ".join(words), "-o", str(document)])
    said = json.loads(document.read_text(encoding="utf-8"))
    assert (status, said["result"], said["exit_status"]) == (1, "failed", 1)
    results = {check["id"]: (check["result"], check["differs"]) for check in said["checks"]}
    assert results["F-05"] == ("failed", ["PUMP-TC-2", "PUMP-TC-3"])
    assert results["X-03"][0] == "failed"
    out = capsys.readouterr().out
    assert "FAILED     F-05" in out
    assert "PUMP-TC-2: expected FAILED, observed PASSED" in out
    assert f"0 of {len(words)} checks passed" in out


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["-o", "report.pdf"], "--output: 'report.pdf': the suffix says the format; use one of"),
        (["-o", "nowhere/report.html"], "name a file in a folder that exists"),
        (["-k", "no-such-check"], "-k: no check has 'no-such-check' in its ID"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_wrong_use_is_2_before_anything_is_done(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["selftest", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_without_the_sandbox_it_is_3_and_says_what_to_install() -> None:
    code = """
import sys
sys.modules["uvicorn"] = None
from pytest_jama.cli import main
sys.exit(main(["selftest"]))
"""
    done = subprocess.run(  # noqa: S603 (our own code)
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    assert done.returncode == 3
    assert "the sandbox needs uvicorn, which is not installed" in done.stderr
    assert "pip install 'pytest-jama[sandbox]'" in done.stderr


def test_words_choose_by_number_scene_requirement_and_malfunction() -> None:
    def chosen(*words: str) -> set[str]:
        return {check.id for scene in select(SCENES, words) for check in scene.checks}

    assert chosen("e-01", "X-10") == {"E-01", "X-10"}
    assert chosen("drift") >= {"D-01", "D-06"}
    assert chosen("M-10") == {"G-20"}
    assert chosen() == {check.id for _, check in ALL}


# -- the report ----------------------------------------------------------------------------


def a_document(**more: Any) -> dict[str, Any]:
    check = {
        "id": "A-1",
        "requirement": "One holds.",
        "scene": "one",
        "method": "It is done.",
        "malfunctions": ["M-01"],
        "expected": {"exit status": 0, "is so": True},
        "observed": {"exit status": 1, "is so": True},
        "differs": ["exit status"],
        "result": "failed",
        "reason": "",
        "seconds": 0.1,
        "evidence": ["$ python -m pytest"],
    }
    installation = {
        "folder": "/site",
        "editable": False,
        "files": 3,
        "sha256": "0" * 64,
        "modified": ["pytest_jama/core/verdicts.py"],
        "missing": [],
        "added": [],
    }
    return {
        "format": 1,
        "tool": {"name": "pytest-jama", "version": "1.0"},
        "result": "failed",
        "exit_status": 1,
        "selection": [],
        **dict.fromkeys(("actor", "ci", "job", "host", "os", "python", "executable"), "x"),
        "started": "2026-11-29T06:00:00+00:00",
        "ended": "2026-11-29T06:01:00+00:00",
        "packages": {"pytest": "9.2.0"},
        "installation": installation,
        "totals": {"checks": 1, "passed": 0, "failed": 1, "not_run": 0},
        "malfunctions": [{"id": "M-01", "name": "n", "result": "failed", "checks": ["A-1"]}],
        "checks": [{**check, **more}],
    }


def test_a_failed_check_stands_before_all_details_with_both_values() -> None:
    page = render(a_document())
    deviations = page[page.index("2 Deviations") : page.index("3 Malfunctions")]
    assert '<td data-l="Expected">0</td>' in deviations
    assert 'class="differs">1</td>' in deviations
    assert "$ python -m pytest" in deviations
    assert "modified: <code>pytest_jama/core/verdicts.py</code>" in page
    assert "http" not in page


def test_no_text_becomes_markup_or_style() -> None:
    hostile = '<img src=x onerror=alert(1)></style><script>"\\'
    document = a_document(evidence=[hostile], observed={"exit status": hostile, "is so": True})
    document["host"] = hostile
    page = render(document)
    assert "<img" not in page
    assert "<script" not in page
    assert page.count("</style>") == 1


def test_every_field_of_the_document_is_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")
    described = page.partition("### The JSON document")[2].partition("###")[0]
    document = a_document()
    parts = (document, document["installation"], document["totals"], document["checks"][0])
    missing = [name for part in parts for name in part if f"`{name}`" not in described]
    assert missing == []
