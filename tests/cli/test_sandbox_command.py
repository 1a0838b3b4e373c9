"""The command `pytest-jama sandbox`: what it serves, what it says, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli import main
from pytest_jama.cli.sandbox_command import sandbox
from pytest_jama.cli.sandbox_options import SandboxOptions
from pytest_jama.cli.seeds import seed_store
from pytest_jama.sandbox.jama.store import Store
from tests.fork_server import quick_python
from tests.harness import ADDOPTS
from tests.here import Served, run_sandbox_here
from tests.systems import signals

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOW_ENVIRONMENT = (
    "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if 'JAMA_' in k}))"
)


def run(*arguments: str, folder: Path) -> Served:
    environment = {**os.environ, "JAMA_PASSWORD": "of another server", "JAMA_PROJECT": ""}
    del environment["JAMA_PROJECT"]
    return run_sandbox_here(*arguments, folder=folder, environment=environment)


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
        "project: ACME\ntests: {a: ACME-TC-1, b: {case: GID-7, step: 3}, c: [4711, ACME-TC-2]}\n"
        'url: ${NOWHERE}\nplan: P ${NOWHERE}\nrun: {fields: {a$1: "${JAMA_USER} ${CI_JOB_URL}"}}\n',
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
        (["--throttle", "0/10"], "write it like 10/100"),
        (["--fault", "drop:0.1"], "'drop:0.1' is not a fault: 'drop' is not a kind"),
        (["--fault", "429:20%"], "the probability '20%' is not a number above 0 and up to 1"),
        (["--tls-cert", "cert.pem"], "https needs --tls-cert FILE and --tls-key FILE"),
        (["--tls-cert", "c.pem", "--tls-key", "k.pem"], "TLS is not possible with c.pem and k.pem"),
        (["--case", "nonsense"], "is not a case reference"),
        (["--seed", "missing.yaml"], "missing.yaml"),
    ],
    ids=[
        "unknown knob",
        "knob value",
        "throttle",
        "throttled to nothing",
        "latency",
        "unknown fault",
        "fault",
        "half of tls",
        "no tls files",
        "case",
        "seed",
    ],
)
def test_wrong_option_is_refused_with_the_remedy(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sandbox", *arguments, "--", "true"]) == 2
    assert message in capsys.readouterr().err


ASK_THREE_TIMES = """
import os, requests
for _ in range(3):
    try:
        answer = requests.get(os.environ["JAMA_URL"] + "/rest/v1/users/current",
                              auth=("sandbox", "sandbox-password"))
        print(answer.status_code)
    except requests.ConnectionError:
        print("lost")
"""


def test_faults_are_played_and_counted(tmp_path: Path) -> None:
    (tmp_path / "ask.py").write_text(ASK_THREE_TIMES, encoding="utf-8")
    faults = ["--fault", "503,times=1", "--fault", "drop-after@GET/users/*,times=1"]
    finished = run(
        *faults,
        "--fault",
        "lie",
        "--fault-seed",
        "7",
        "--throttle",
        "10/100",
        "--",
        quick_python(ADDOPTS),
        "-m",
        "ask",
        folder=tmp_path,
    )
    assert finished.stdout.split() == ["503", "lost", "200"]
    assert (
        "--fault 'drop-after@GET/users/*,times=1' --fault lie --fault-seed 7\n" in finished.stderr
    )
    assert finished.stderr.endswith(
        "Faults played: 503 1x, drop-after 1x, lie 0x, throttle 0x "
        "(the same again: --fault-seed 7)\n"
    )


def test_a_seed_may_name_cases_of_other_projects(tmp_path: Path) -> None:
    tmp_path.joinpath("jama.yaml").write_text(
        "project: ACME\ntests: {a: ACME-TC-1, b: LIB-TC-7}\n", encoding="utf-8"
    )
    run("--seed", "jama.yaml", "--db", "state", "--", sys.executable, "-c", "", folder=tmp_path)
    with Store(tmp_path / "state") as store:
        found = {key: [case.document_key for case in store.cases(key)] for key in ("ACME", "LIB")}
    assert found == {"ACME": ["ACME-TC-1"], "LIB": ["LIB-TC-7"]}


@pytest.fixture
def store() -> Iterator[Store]:
    with Store() as store:
        yield store


def test_a_seed_file_names_the_cases_that_settings_refer_to(tmp_path: Path, store: Store) -> None:
    settings, seed = tmp_path / "jama.yaml", tmp_path / "seed.yaml"
    settings.write_text(
        "project: ACME\ntests: {a: {case: ACME-TC-1, step: 3}, b: ACME-TC-2}\n", encoding="utf-8"
    )
    seed.write_text(
        "project: {key: ACME, name: Pumps}\n"
        "cases:\n- {key: ACME-TC-1, name: Stops, steps: [Start, Stop], set: Dosing}\n",
        encoding="utf-8",
    )
    key = seed_store(store, SandboxOptions(seeds=(settings, seed)))
    assert (key, store.projects()[0].name) == ("ACME", "Pumps")
    assert [(case.name, len(case.steps)) for case in store.cases("ACME")] == [
        ("Stops", 3),
        ("Case ACME-TC-2", 0),
    ]


def test_a_seed_file_alone_names_the_project(tmp_path: Path, store: Store) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text("project: PUMP\nsets: [{path: Dosing}]\n", encoding="utf-8")
    assert seed_store(store, SandboxOptions(seeds=(seed,))) == "PUMP"


def test_a_project_that_settings_name_by_its_id_has_the_key_of_the_seed_file(
    tmp_path: Path, store: Store
) -> None:
    settings, seed = tmp_path / "jama.yaml", tmp_path / "seed.yaml"
    settings.write_text("project: 4711\n", encoding="utf-8")
    seed.write_text("project: PUMP\ncases: [{name: x}]\n", encoding="utf-8")
    key = seed_store(store, SandboxOptions(seeds=(settings, seed)))
    assert (key, [each.id for each in store.projects()]) == ("PUMP", [4711])


def test_mistakes_of_a_seed_file_name_their_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text(
        "plans:\n- {name: P, cases: [A-TC-9]}\ncases:\n- name: x\n  fields:\n    Risk: a\n",
        encoding="utf-8",
    )
    assert main(["sandbox", "--seed", str(seed), "--", "true"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[2].partition(": ")[2] for line in lines] == [
        "plans[1].cases[1] names 'A-TC-9', which is neither here nor in the sandbox; there is none",
        "cases[1].fields.Risk is not a custom field of the type TC; there is none",
    ]
    assert ["seed.yaml:2:" in lines[0], "seed.yaml:6:" in lines[1]] == [True, True]


@pytest.mark.parametrize(
    "text, words",
    [
        ("cases: [{name: x}", "not valid YAML"),
        ("cases: {A-TC-1: x}", "it should be a list"),
        ("cases: [{name: x, name: y}]", "'name' is given twice"),
        ("cases: [{name: [x]}]", "cases[1].name is ['x']; it should be a text"),
        ("cases: [&a [*a]]", "alias of itself"),
    ],
)
def test_a_broken_seed_file_is_a_mistake_of_the_settings(
    tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text(text, encoding="utf-8")
    assert main(["sandbox", "--seed", str(seed), "--", "true"]) == 2
    assert words in capsys.readouterr().err


def test_a_seed_is_chosen_and_said(tmp_path: Path) -> None:
    said = [
        run("--fault", "429:0.5", "--", "true", folder=tmp_path).stderr.rpartition("--fault-seed ")[
            2
        ]
        for _ in range(2)
    ]
    assert said[0] != said[1]


def test_a_sandbox_without_faults_says_nothing_of_them(tmp_path: Path) -> None:
    assert "ault" not in run("--", "true", folder=tmp_path).stderr


@signals
def test_interrupt_stops_the_server_cleanly(tmp_path: Path) -> None:
    arguments = ["--port", "0", "--fault", "503:0.5"]
    process = subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, "-u", "-m", "pytest_jama", "sandbox", *arguments],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "JAMA_CLIENT_SECRET" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    errors = process.stderr.read()
    assert "Traceback" not in errors
    assert "Faults played: 503 0x" in errors
    process.stderr.close()


def test_every_option_is_documented() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "sandbox.md").read_text(encoding="utf-8")
    options = [option for each in sandbox.params for option in each.opts]
    assert "--fault" in options
    assert [each for each in options if each.startswith("--") and f"`{each} " not in page] == []


def test_version_and_help_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert main(["sandbox", "--help"]) == 0
    assert "--seed" in capsys.readouterr().out
    assert main(["--help"]) == 0
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


def test_a_port_that_is_taken_is_said_once_with_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status = main(["sandbox", "--port", str(port)])
    said = capsys.readouterr().err
    assert status == 2
    assert said.startswith(f"pytest-jama: sandbox: port {port} cannot be used: ")
    assert said.count("choose another") == 1
