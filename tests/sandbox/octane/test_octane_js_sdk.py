"""The vendor's own client for JavaScript as a referee of the stand-in.

`make octane-sdk` puts it into build/; where that was not possible, there is nothing to test with.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

SDK = Path(__file__).parents[3] / "build" / "octane-js-sdk"
REFEREE = Path(__file__).parent / "js_sdk" / "referee.js"
NODE = shutil.which("node")
MISSING = (
    "node is not installed"
    if NODE is None
    else ""
    if (SDK / "node_modules").is_dir()
    else "the SDK is not there: run `make octane-sdk`"
)
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.fixture(scope="module", params=["never", "strict"])
def steps(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Let the client do everything once, with a token that stays and with one that rolls."""
    with OctaneSandbox(knobs=OctaneKnobs(token_renewal=request.param)) as server:
        known = {
            "server": server.url,
            "user": server.credentials.client_id,
            "password": server.credentials.client_secret,
        }
        finished = subprocess.run(  # noqa: S603 (the client that is asked for)
            [str(NODE), str(REFEREE)],
            input=json.dumps(known),
            env={**os.environ, "OCTANE_SDK": str(SDK), "NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        lines = [json.loads(line) for line in finished.stdout.splitlines() if line[:1] == "{"]
        yield {line["name"]: line for line in lines}


def names(step: dict[str, Any]) -> list[str]:
    return [each["name"] for each in step["answer"]["data"]]


def test_it_signs_in_when_it_is_told_to(steps: dict[str, Any]) -> None:
    assert names(steps["list without signing in first"]) == ["Default Release"]


def test_it_creates(steps: dict[str, Any]) -> None:
    assert steps["create"]["answer"]["data"][0]["type"] == "defect"
    assert steps["create several"]["answer"]["total_count"] == 2
    refused = steps["create without a name"]
    assert (refused["status"], refused["error"]["error_code"]) == (
        400,
        "platform.required_field_missing",
    )


def test_it_reads_one(steps: dict[str, Any]) -> None:
    answer = steps["one"]["answer"]
    phase = {"type": "phase", "id": "phase.defect.new"}
    assert (answer["name"], answer["phase"]) == ("it's new", phase)


@pytest.mark.parametrize(
    "query, found",
    [
        ("query by reference", ["c", "b"]),
        ("query with not", ["it's new"]),
        ("query with and, or, group", ["c", "b"]),
        ("query for nothing", ["it's new", "c", "b"]),
        ("query for some", ["c", "b"]),
        ("query by id", ["it's new"]),
        ("query between numbers", ["it's new"]),
        ("query since a date", ["it's new", "c", "b"]),
        ("query between dates", []),
        ("query for a wildcard", ["it's new"]),
        ("a page", ["c"]),
    ],
)
def test_its_queries_are_understood(steps: dict[str, Any], query: str, found: list[str]) -> None:
    assert names(steps[query]) == found


def test_it_updates(steps: dict[str, Any]) -> None:
    assert steps["update"]["answer"]["type"] == "defect"
    several = steps["update several"]
    assert (several["status"], several["error"]["errors"][0]["index"]) == (409, 1)
    assert len(several["error"]["data"]) == 1


def test_it_attaches_and_downloads(steps: dict[str, Any]) -> None:
    assert names(steps["attach"]) == ["a.txt"]
    assert steps["download"]["answer"] == "content"


def test_it_writes_and_reads_a_script(steps: dict[str, Any]) -> None:
    assert steps["script"]["answer"] == steps["read the script"]["answer"]
    assert steps["read the script"]["answer"]["script"] == "- step"


def test_it_reads_fields(steps: dict[str, Any]) -> None:
    assert names(steps["fields"]) == ["name", "creation_time"]


def test_it_removes_and_signs_out(steps: dict[str, Any]) -> None:
    assert "answer" in steps["delete"]
    assert steps["one that is gone"]["status"] == 404
    assert steps["sign out"].get("status") is None
