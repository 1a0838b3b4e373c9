"""The server as a process and as a context manager."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from pytest_jama.sandbox.jama.model import Credentials
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.jama.store import Store
from pytest_jama.sandbox.serving import SandboxError
from tests.sandbox.client import World, add
from tests.sandbox.wire import eventually
from tests.systems import signals

if TYPE_CHECKING:
    from pathlib import Path

SERVE = """
import sys
from pathlib import Path
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.jama.store import Store

with Store(Path(sys.argv[1])) as store:
    Sandbox(store, context_path="contour").serve(lambda url: print(url, flush=True))
print("stopped")
"""


def test_a_sandbox_without_a_store_makes_and_closes_its_own() -> None:
    with Sandbox() as sandbox:
        assert requests.get(sandbox.url, timeout=5).status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.url, timeout=5)


def test_other_credentials_can_be_asked_for() -> None:
    credentials = Credentials(username="me", password="secret")
    with Sandbox(credentials=credentials) as sandbox:
        world = World(sandbox)
        assert world.api.get("/users/current").status == 200
        world.api.close()


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(Credentials(password="secret", client_secret="secret"))


def test_a_taken_port_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"port {port} cannot be used"):
            Sandbox(port=port).start()


def test_state_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "jama.db"
    with Store(file) as store, Sandbox(store) as sandbox:
        world = World(sandbox)
        run = world.run(steps=1)
        sent = add("testRunSteps", [{"status": "PASSED"}])
        assert world.api.patch(f"/testruns/{run.id}", sent).status == 200
        world.api.close()
    with Store(file) as store, Sandbox(store):
        assert store.run(run.id).status == "PASSED"


@signals
def test_ctrl_c_stops_a_serving_process_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVE, str(tmp_path / "jama.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own code
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        assert requests.get(url, timeout=5).status_code == 200
        os.kill(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert (url.endswith("/contour"), output, errors) == (True, b"stopped\n", b"")
    assert process.returncode == 0


def test_client_that_goes_away_in_the_middle_of_a_body_is_not_an_error_of_the_server(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Sandbox() as sandbox:
        pair = f"{sandbox.credentials.username}:{sandbox.credentials.password}".encode()
        head = (
            "POST /rest/v1/testplans HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Basic {base64.b64encode(pair).decode()}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        )
        port = int(sandbox.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(head.encode() + b'{"half":')
        assert eventually(lambda: bool(sandbox.requests))
        assert [each.status for each in sandbox.requests] == [400]
        assert requests.get(sandbox.url, timeout=5).status_code == 200
    assert caplog.messages == []


def test_the_sandbox_imports_nothing_else_of_the_distribution() -> None:
    code = (
        "import sys, pytest_jama.sandbox.jama.server\n"
        "print(*sorted({'.'.join(n.split('.')[:2]) for n in sys.modules "
        "if n.startswith(('pytest_jama', 'junit_uploader'))}))"
    )
    command = [sys.executable, "-c", code]
    output = subprocess.check_output(command, text=True)  # noqa: S603 - our own code
    assert output.split() == ["pytest_jama", "pytest_jama.sandbox"]


def test_a_cycle_of_10_000_runs_is_served() -> None:
    with Sandbox() as sandbox:
        world = World(sandbox)
        with sandbox.store.database.transaction():
            cycle = world.cycle(*[1] * 10_000)
        query = {"testCycle": cycle, "startAt": 9_950, "maxResults": 50}
        answer = world.api.get("/testruns", params=query)
        last = answer.data[-1]
        assert (answer.total, last["documentKey"]) == (10_000, f"{world.key}-TSTRN-10000")
        sent = add("testRunSteps", [{"status": "PASSED"}])
        assert world.api.patch(f"/testruns/{last['id']}", sent).status == 200
        world.api.close()
