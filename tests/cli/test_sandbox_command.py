"""The command `pytest-jama sandbox`, run in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli import main
from pytest_jama.sandbox.store import Store

if TYPE_CHECKING:
    from pathlib import Path

SHOW_ENVIRONMENT = (
    "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if 'JAMA_' in k}))"
)


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "JAMA_PASSWORD": "of another server", "JAMA_PROJECT": ""}
    return subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, "-m", "pytest_jama", "sandbox", *arguments],
        cwd=folder,
        env={name: value for name, value in environment.items() if name != "JAMA_PROJECT"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_command_finds_the_sandbox_in_its_environment(tmp_path: Path) -> None:
    finished = run("--", sys.executable, "-c", SHOW_ENVIRONMENT, folder=tmp_path)
    environment = json.loads(finished.stdout)
    assert environment.pop("JAMA_URL").startswith("http://127.0.0.1:")
    assert environment == {
        "JAMA_PROJECT": "DEMO",
        "JAMA_CLIENT_ID": "sandbox-client",
        "JAMA_CLIENT_SECRET": "sandbox-secret",
    }


def test_status_is_that_of_the_command(tmp_path: Path) -> None:
    assert run("--", sys.executable, "-c", "raise SystemExit(42)", folder=tmp_path).returncode == 42


def test_missing_command_is_said(tmp_path: Path) -> None:
    finished = run("--", "no-such-command-anywhere", folder=tmp_path)
    assert finished.returncode == 127
    assert "cannot run 'no-such-command-anywhere'" in finished.stderr


def test_seed_creates_every_case_of_the_file_with_its_steps(tmp_path: Path) -> None:
    tmp_path.joinpath("jama.yaml").write_text(
        "project: ACME\ntests: {a: ACME-TC-1, b: {case: GID-7, step: 3}, c: [4711, ACME-TC-2]}\n",
        encoding="utf-8",
    )
    run("--seed", "jama.yaml", "--db", "state", "--", sys.executable, "-c", "", folder=tmp_path)
    with Store(tmp_path / "state") as store:
        cases = {
            case.global_id if "GID-7" in case.global_id else case.document_key: case
            for case in store.cases("ACME")
        }
    assert {"ACME-TC-1", "ACME-TC-2", "GID-7"} <= set(cases)
    assert len(cases["GID-7"].steps) == 3
    assert 4711 in {case.id for case in cases.values()}


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["--knob", "status_role=fail_first"], "status_rule"),
        (["--knob", "status_rule=sometimes"], "inprogress_until_complete"),
        (["--throttle", "fast"], "write it like 10/100"),
        (["--latency", "50"], "write it like 50ms"),
        (["--case", "nonsense"], "is no case reference"),
        (["--seed", "missing.yaml"], "missing.yaml"),
    ],
    ids=["unknown knob", "knob value", "throttle", "latency", "case", "seed"],
)
def test_wrong_option_is_refused_with_the_remedy(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sandbox", *arguments, "--", "true"]) == 2
    assert message in capsys.readouterr().err


def test_interrupt_stops_the_server_cleanly(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pytest_jama", "sandbox", "--port", "0"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "JAMA_CLIENT_SECRET" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


def test_version_and_help_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert main(["sandbox", "--help"]) == 0
    assert "--seed" in capsys.readouterr().out
