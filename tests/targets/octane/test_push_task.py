from __future__ import annotations

from typing import Any

import pytest

from pytest_jama.core.plan import ServerTask
from pytest_jama.targets.octane.push_task import PushTask, read_task
from tests.every import every


@every(
    "body, expected",
    [
        pytest.param(
            {"id": 1103, "status": "queued", "until": "2026-01-06T10:00:00+0000"},
            PushTask(ServerTask(1103, "2026-01-06T10:00:00+0000"), "queued"),
            id="taken",
        ),
        pytest.param(
            {"fromOlderPush": "true", "id": 1103, "until": "soon", "status": " SUCCESS "},
            PushTask(ServerTask(1103, "soon"), "success", is_older=True),
            id="older, as the help shows it",
        ),
        pytest.param(
            {"fromOlderPush": True, "id": "1103", "status": "Running"},
            PushTask(ServerTask(1103), "running", is_older=True),
            id="older, with other types",
        ),
        pytest.param(
            {"id": 5, "status": "failed", "errorDetails": "no release 7"},
            PushTask(ServerTask(5), "failed", "no release 7"),
            id="details as a text",
        ),
        pytest.param(
            {"id": 5, "status": "failed", "errorDetails": {"description": "no release 7"}},
            PushTask(ServerTask(5), "failed", "no release 7"),
            id="details as an object",
        ),
        pytest.param(
            {"id": 5, "status": "warning", "errorDetails": ["a", {"message": "b"}, None]},
            PushTask(ServerTask(5), "warning", "a; b"),
            id="details as a list",
        ),
        pytest.param(
            {"id": 5, "until": "2026-01-06T10:00:00Z", "status": None, "fromOlderPush": "false"},
            PushTask(ServerTask(5, "2026-01-06T10:00:00Z"), ""),
            id="no status",
        ),
    ],
)
def test_a_task_is_read_in_all_its_spellings(body: dict[str, Any], expected: PushTask) -> None:
    assert read_task(body) == expected


@every(
    "body",
    [{}, {"id": None}, {"id": "x"}, {"id": -1}, {"id": 1.5}, {"id": "9" * 30}, {"id": [1]}],
)
def test_an_answer_without_an_id_names_no_task(body: dict[str, Any]) -> None:
    assert read_task(body) is None


def test_the_task_that_was_asked_for_needs_no_id_in_the_answer() -> None:
    assert read_task({"status": "running"}, task_id=7) == PushTask(ServerTask(7), "running")


@every(
    "status, is_under_way",
    [("", True), ("queued", True), ("running", True), ("success", False), ("archived", False)],
)
def test_all_statuses_but_two_are_final(status: str, is_under_way: bool) -> None:
    assert PushTask(ServerTask(1), status).is_under_way is is_under_way
