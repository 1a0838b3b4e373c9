"""Sessions without server and credentials: what they do not need is not asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Finished, Repository

    Record = Callable[[Repository], Finished]

OFFLINE = {"JAMA_URL": "", "JAMA_CLIENT_ID": "", "JAMA_CLIENT_SECRET": "", "BENCH": "bench 7"}
SETTINGS = """
url: https://${UNKNOWN_HERE}
run: {fields: {"environment$37": "${JAMA_USER} at ${BENCH}, not $${BENCH}"}}
"""
SUITE = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_it(record_property): record_property("jama", "KEY-TC-1")
"""


def _pytest(repository: Repository) -> Finished:
    return repository.pytest_here("--jama-no-upload", environment=OFFLINE)


def _workers(repository: Repository) -> Finished:
    return repository.pytest("--jama-no-upload", "-n", "1", environment=OFFLINE)


def _junit(repository: Repository) -> Finished:
    report = '<testsuite><testcase classname="test_it" name="test_it"><properties>'
    report += f'<property name="jama" value="{repository.key}-TC-1"/></properties></testcase>'
    repository.write("report.xml", f"{report}</testsuite>")
    command = ["--no-upload", "report.xml"]
    return repository.run_here(lambda: junit_uploader(command), environment=OFFLINE)


@pytest.mark.parametrize("record", [_pytest, _workers, _junit], ids=["pytest", "xdist", "junit"])
def test_the_upload_knows_the_user_and_the_session_everything_else(
    repository: Repository, record: Record
) -> None:
    repository.case(1)
    repository.start_cycle()
    repository.write("test_it.py", SUITE)
    with (repository.folder / "jama.yaml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    offline = record(repository)
    assert (offline.status, len(offline.requests)) == (0, 0), offline.output
    environment = {"BENCH": "another machine"}
    sent = repository.run_here(lambda: toolbox(["upload"]), environment=environment)
    assert sent.status == 0, sent.output
    fields = repository.runs()[f"{repository.key}-TC-1"].fields
    found = {name.partition("$")[0]: value for name, value in fields.items()}
    user = repository.sandbox.credentials.client_id
    assert f"{user} at bench 7, not ${{BENCH}}" in found["environment"]
