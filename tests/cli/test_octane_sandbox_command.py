"""The command `pytest-jama sandbox --target octane`: what it serves, and what it says."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli import main
from pytest_jama.cli.octane_seed import seed_workspace_of
from pytest_jama.core.errors import SettingsError
from pytest_jama.sandbox.octane.workspace_store import OctaneStore
from tests.fork_server import quick_python
from tests.harness import ADDOPTS
from tests.here import Served, run_sandbox_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOW_ENVIRONMENT = (
    "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if 'OCTANE_' in k}))"
)
PUSH = """
import os, requests
url = os.environ["OCTANE_URL"].partition("/ui/")[0]
names = ("client_id", "client_secret")
key = {name: os.environ[f"OCTANE_{name.upper()}"] for name in names}
session = requests.Session()
assert session.post(f"{url}/authentication/sign_in", json=key).status_code == 200
runs = "".join(
    f'<test_run name="t{n}" package="p" class="C" duration="1" status="Passed" started="{n}"/>'
    for n in range(COUNT)
)
document = f'''<test_result><release name="2.4"/><environment><taxonomy type="OS" value="Linux"/>
</environment><test_runs>{runs}</test_runs></test_result>'''
for _ in range(2):
    answer = session.post(
        f"{url}/api/shared_spaces/1001/workspaces/1002/test-results",
        data=document,
        headers={"Content-Type": "application/xml"},
    )
raise SystemExit(answer.status_code != 202)
"""
FILE = """
release: 2.4
milestone: id:1001
modules: [Pump, "1500"]
suite: {name: Nightly, run: n1}
build: {server: lab, job: nightly, id: "7"}
tests: {test_x.py::test_a: [1234, 1235]}
"""


def run(*arguments: str, folder: Path) -> Served:
    environment = {**os.environ, "OCTANE_USER": "me", "OCTANE_PASSWORD": "of another server"}
    return run_sandbox_here(*arguments, folder=folder, environment=environment)


def pushes(folder: Path, count: int, *, name: str = "t{n}") -> tuple[str, ...]:
    """Return a command that pushes a document of some runs, twice."""
    program = PUSH.replace("COUNT", str(count)).replace("t{n}", name)
    (folder / "push.py").write_text(program, encoding="utf-8")
    return (quick_python(ADDOPTS), "-m", "push")


def test_command_finds_the_sandbox_in_its_environment(tmp_path: Path) -> None:
    finished = run(
        "--target", "octane", "--", sys.executable, "-c", SHOW_ENVIRONMENT, folder=tmp_path
    )
    environment = json.loads(finished.stdout)
    url = environment.pop("OCTANE_URL")
    assert (url.startswith("http://127.0.0.1:"), url.endswith("/ui/?p=1001/1002")) == (True, True)
    assert environment == {
        "OCTANE_SPACE": "1001",
        "OCTANE_WORKSPACE": "1002",
        "OCTANE_CLIENT_ID": "sandbox-client",
        "OCTANE_CLIENT_SECRET": "sandbox-secret",
    }
    assert f"OCTANE_URL={url}" in finished.stderr
    assert "Nothing was pushed." in finished.stderr


def test_a_seed_file_of_octane_says_which_server(tmp_path: Path) -> None:
    tmp_path.joinpath("octane.yaml").write_text("release: 2.4", encoding="utf-8")
    command = pushes(tmp_path, 2)
    finished = run("--seed", "octane.yaml", "--", *command, folder=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert "Task 1101: success" in finished.stderr
    assert "Task 1102" not in finished.stderr
    for cell in ("t0", "t1", "Passed", "Linux"):
        assert cell in finished.stderr


def test_a_long_name_is_shown_to_its_end_though_the_table_is_narrow(tmp_path: Path) -> None:
    tmp_path.joinpath("octane.yaml").write_text("release: 2.4", encoding="utf-8")
    name = "sounds_at_" + "high_" * 20 + "END"
    command = pushes(tmp_path, 1, name=name)
    finished = run("--seed", "octane.yaml", "--", *command, folder=tmp_path)
    shown = re.sub(r"\W", "", finished.stderr)  # without the frame of the table
    assert "high_" * 5 + "END" in shown
    assert "\N{HORIZONTAL ELLIPSIS}" not in finished.stderr


def test_many_runs_are_counted(tmp_path: Path) -> None:
    tmp_path.joinpath("octane.yaml").write_text("release: 2.4", encoding="utf-8")
    command = pushes(tmp_path, 101)
    finished = run("--seed", "octane.yaml", "--", *command, folder=tmp_path)
    assert "101 runs: 101 Passed" in finished.stderr


def test_a_task_that_fails_says_why(tmp_path: Path) -> None:
    command = pushes(tmp_path, 1)
    finished = run("--target", "octane", "--", *command, folder=tmp_path)
    assert "Task 1101: failed: release '2.4' does not exist" in finished.stderr


def test_faults_knobs_and_throttle_are_played(tmp_path: Path) -> None:
    options = (
        "--target",
        "octane",
        "--knob",
        "until=z",
        "--throttle",
        "100/10",
        "--latency",
        "1ms",
    )
    fault = ("--fault", "503:1@POST/test-results,times=1", "--fault-seed", "7")
    command = pushes(tmp_path, 1)
    finished = run(*options, *fault, "--", *command, folder=tmp_path)
    assert "Faults played: 503 1x, throttle 0x (the same again: --fault-seed 7)" in finished.stderr


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--knob", "task_polls=1"], "task_poll_count"),
        (["--case", "PUMP-TC-1"], "a case is a thing of Jama"),
        (["--fault", "nonsense"], "'nonsense' is not a kind"),
        (["--seed", "nowhere.yaml"], "nowhere.yaml"),
        (["--tls-cert", "x.pem"], "https needs"),
    ],
)
def test_a_wrong_option_is_said(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(tmp_path / each) if each.endswith(".yaml") else each for each in arguments]
    assert main(["sandbox", "--target", "octane", *arguments, "--", "true"]) == 2
    assert message in capsys.readouterr().err


@pytest.fixture
def store() -> Iterator[OctaneStore]:
    with OctaneStore(first_number=1) as store:
        yield store


def seeded(store: OctaneStore, folder: Path, text: str) -> None:
    file = folder / "octane.yaml"
    file.write_text(text, encoding="utf-8")
    seed_workspace_of(store, file)


def test_seeding_makes_everything_that_the_file_refers_to(
    store: OctaneStore, tmp_path: Path
) -> None:
    seeded(store, tmp_path, FILE)
    assert store.find("releases", name="2.4")
    assert store.get("milestones", "1001")["name"] == "milestones 1001"
    assert [each["name"] for each in store.all("product_areas")] == ["Pump", "1500"][::-1]
    assert store.has("product_areas", 1500)
    assert store.find("test_suites", name="Nightly")
    assert [each["id"] for each in store.all("stories")] == ["1234", "1235"]
    assert store.find("ci_servers", instance_id="lab")
    assert store.find("ci_jobs", ci_id="nightly")
    assert store.find("ci_builds", ci_id="7")


def test_seeding_twice_makes_nothing_new(store: OctaneStore, tmp_path: Path) -> None:
    seeded(store, tmp_path, FILE)
    collections = ("releases", "milestones", "product_areas", "stories", "pipelines", "ci_builds")
    before = {name: store.count(name) for name in collections}
    seeded(store, tmp_path, FILE)
    assert {name: store.count(name) for name in collections} == before


def test_a_build_that_the_upload_makes_is_not_seeded(store: OctaneStore, tmp_path: Path) -> None:
    seeded(store, tmp_path, "build: {server: lab, job: nightly, id: '7', create: true}")
    assert store.count("ci_servers") == 0


def test_what_is_not_seeded_may_be_unset(store: OctaneStore, tmp_path: Path) -> None:
    seeded(store, tmp_path, "release: _default_\nurl: ${NOWHERE}\nreport_url: ${NOWHERE}")
    assert store.count("releases") == 1


def test_one_id_for_two_things_is_refused(store: OctaneStore, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="milestones cannot have the ID 1001: a release has it"):
        seeded(store, tmp_path, "release: id:1001\nmilestone: id:1001")


def test_the_state_can_be_kept_in_a_file(tmp_path: Path) -> None:
    tmp_path.joinpath("octane.yaml").write_text("release: 2.4", encoding="utf-8")
    command = pushes(tmp_path, 1)
    for _ in range(2):
        finished = run("--seed", "octane.yaml", "--db", "state", "--", *command, folder=tmp_path)
        assert finished.returncode == 0, finished.stderr
    with OctaneStore(tmp_path / "state") as store:
        assert [store.count(name) for name in ("releases", "runs", "previous_runs")] == [2, 1, 1]
