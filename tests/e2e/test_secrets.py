"""Sessions that are as loud as can be, on a bad day: no secret is in anything they leave."""

from __future__ import annotations

import base64
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from pytest_jama.sandbox.faults import RandomFault
from pytest_jama.sandbox.jama.model import Credentials
from pytest_jama.sandbox.jama.server import Sandbox
from tests.harness import PYTEST, Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET, PASSWORD = "c1ient/secret+of acme", "pass w\u00f6rd&more"
GATE_KEY = "g4te/key+of=acme"
GATE = "\nheaders: {X-Gate: 'Gate ${GATE_KEY}'}\n"
KNOWN = Credentials(client_id="acme", client_secret=SECRET, username="ann", password=PASSWORD)
LOGINS = {
    "Bearer": {"JAMA_CLIENT_ID": "acme", "JAMA_CLIENT_SECRET": SECRET},
    "Basic": {
        "JAMA_CLIENT_ID": "",
        "JAMA_CLIENT_SECRET": "",
        "JAMA_USERNAME": "ann",
        "JAMA_PASSWORD": PASSWORD,
    },
}

LOUD = '''
"""Turns on all logging, prints whatever hooks are told, and breaks."""

import http.client, logging, sys
from pytest_jama import hookimpl

http.client.HTTPConnection.debuglevel = http.client.HTTPSConnection.debuglevel = 1
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
for name in ("urllib3", "requests", "http.client"):
    logging.getLogger(name).setLevel(logging.DEBUG)

@hookimpl(tryfirst=True)
def make_target(name, settings):
    print("the settings are", settings, repr(settings), settings.model_dump())

@hookimpl
def upload_finished(report):
    print("the report is", report)
    raise KeyError(report)
'''
TESTS = """
import os, pathlib, pytest

@pytest.mark.jama("KEY-TC-1")
def test_one(): pass

@pytest.mark.jama("KEY-TC-2")
def test_two(): pass

@pytest.mark.jama("KEY-TC-3")
def test_with_everything_in_its_variables():
    from pytest_jama.config import load_settings
    from pytest_jama.targets.jama import make_jama_target
    loaded = load_settings(
        start=pathlib.Path(), file=None, flags={}, environ=os.environ, needs_target=True
    )
    settings = loaded.settings
    credentials = settings.credentials
    target = make_jama_target(settings)
    client = target._client
    connection = client.api.connection
    session, login = connection._session, connection._login
    try:
        connection.attempt(object())
    except Exception as error:
        raise ValueError(settings, credentials, connection, login, session) from error
"""
REPORT = """
<testsuite>
  <testcase classname="test_it" name="test_one"/>
  <testcase classname="test_it" name="test_two"/>
  <testcase classname="test_it" name="test_with_everything_in_its_variables"/>
</testsuite>
"""
MAP = """
tests:
  test_it.py::test_one: KEY-TC-1
  test_it.py::test_two: KEY-TC-2
  test_it.py::test_with_everything_in_its_variables: KEY-TC-3
"""

LOUD_PYTEST = [
    *(*PYTEST, "-vv", "--showlocals", "--tb=long", "--full-trace", "-o", "log_cli=true"),
    *("--log-level=DEBUG", "--log-file=session.log", "--log-file-level=DEBUG"),
    *("--junitxml=own.xml", "-o", "junit_logging=all"),
]
COMMANDS = {
    "pytest": LOUD_PYTEST,
    "pytest with xdist": [*LOUD_PYTEST, "-n", "1"],
    "junit-uploader": [sys.executable, "-m", "junit_uploader", "-v", "report.xml"],
    "pytest-jama upload": [sys.executable, "-m", "pytest_jama", "upload", "-v"],
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A server with secrets of its own, that has a bad day."""
    with Sandbox(credentials=KNOWN) as sandbox:
        yield sandbox


@pytest.fixture
def loud(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Repository:
    """Three tests with runs, and the loud extension."""
    key = f"S{request.node.callspec.id.encode().hex().upper()}"
    repository = Repository(tmp_path_factory.mktemp("loud"), sandbox, key)
    for number in (1, 2, 3):
        repository.case(number)
    repository.start_cycle()
    settings = repository.folder / "jama.yaml"
    settings.write_text(settings.read_text() + GATE + MAP.replace("KEY", key), encoding="utf-8")
    repository.write("test_it.py", TESTS)
    repository.write("report.xml", REPORT)
    repository.write("site/loud.py", LOUD)
    metadata = "site/loud-1.dist-info"
    repository.write(f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: loud\nVersion: 1\n")
    repository.write(f"{metadata}/entry_points.txt", "[pytest_jama]\nloud = loud\n")
    return repository


def forms() -> set[str]:
    """Return each secret as it is, in a URL and in a header."""
    pairs = (f"acme:{SECRET}", f"ann:{PASSWORD}")
    secrets = (SECRET, PASSWORD, GATE_KEY)
    plain = {*secrets, *(quote(each, safe="") for each in secrets)}
    return plain | {base64.b64encode(each.encode()).decode() for each in pairs}


def shown_in(repository: Repository, output: str) -> list[str]:
    files = [path for path in repository.folder.rglob("*") if path.is_file()]
    everything = output + "".join(path.read_text(errors="replace") for path in files)
    headers = {"Bearer ", "Basic ", "Authorization"} if "DEBUG" in everything else set()
    return [form for form in forms() | headers if form in everything]


@pytest.mark.parametrize("scheme", LOGINS)
@pytest.mark.parametrize("command", COMMANDS)
def test_loudest_session_on_a_bad_day_shows_no_secret(
    loud: Repository, command: str, scheme: str
) -> None:
    environment = {**LOGINS[scheme], "PYTHONPATH": "site", "PYTHONDEVMODE": "1"}
    environment["GATE_KEY"] = GATE_KEY
    if command == "pytest-jama upload":
        loud.pytest_here("--jama-no-upload", environment=LOGINS[scheme])
    refused = f"/testruns/{loud.runs()[f'{loud.key}-TC-2'].id}"
    bad_day = (
        RandomFault("401", method="PATCH", times=1),
        RandomFault("500", method="GET", path="/testplans", times=1),
        RandomFault("403", method="PATCH", path=refused),
    )
    with loud.sandbox.faults.during(*bad_day):
        finished = loud.run(COMMANDS[command], environment=environment)
    assert "the settings are" in finished.output
    assert "PATCH /rest/v1/testruns" in finished.output
    assert "REFUSED" in finished.output
    assert "in hook upload_finished: KeyError" in finished.output
    assert scheme in {request.authorization for request in finished.requests}
    assert shown_in(loud, finished.output) == []


@pytest.mark.parametrize("command", ["pytest", "junit-uploader"])
def test_password_in_the_url_is_refused_and_not_repeated(loud: Repository, command: str) -> None:
    address = loud.sandbox.url.removeprefix("http://")
    url = f"http://ann:{quote(PASSWORD, safe='')}@{address}"
    finished = loud.run(COMMANDS[command], environment={"JAMA_URL": url, "GATE_KEY": GATE_KEY})
    assert finished.status in (2, 4)
    assert finished.requests == ()
    assert shown_in(loud, finished.output) == []
    assert "ann:" not in finished.output
