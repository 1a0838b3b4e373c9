"""The read-only page of the stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.sandbox.markup import elements_of
from tests.sandbox.octane.workspace import document, environment, run_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.octane.workspace import Workspace

EVIL = "&lt;script&gt;alert(1)&lt;/script&gt;"


def page(workspace: Workspace, path: str = "/") -> str:
    response = requests.get(workspace.server.url + path, timeout=5)
    assert response.status_code == 200
    return response.text


def test_an_empty_workspace_is_shown(workspace: Workspace) -> None:
    text = page(workspace, "/ui/?p=1001/1002")
    assert "Default Workspace" in text
    for words in ("no runs yet", "no tests yet", "no environment yet", "nothing was pushed yet"):
        assert words in text


def test_runs_environments_and_tasks_are_shown(workspace: Workspace) -> None:
    head = environment(OS="Linux")
    failed = run_of("bad", '<error message="boom">trace</error>', status="Failed")
    workspace.push(document(failed, run_of("good"), head=head))
    text = page(workspace)
    for words in ("bad", "good", "boom", "trace", "tests.T", "Linux", "1101", "2 tests"):
        assert words in text
    assert '<span class="count">1</span> <span class="badge failed">' in text
    only = page(workspace, "/?status=failed")
    assert ('<span class="name">bad</span>' in only, '<span class="name">good<' in only) == (
        True,
        False,
    )


def test_every_test_is_shown_with_its_parts_and_its_last_run(workspace: Workspace) -> None:
    workspace.push(document(run_of("starts", status="Failed")))
    workspace.server.store.add("manual_tests", name="By hand")
    rows = page(workspace).partition("<h2>Tests</h2>")[2].partition("</table>")[0]
    by_hand, starts = rows.split("<tr>")[2:]
    for words in ("test_automated", "<td>tests</td><td>T</td><td>starts</td>", "badge failed"):
        assert words in starts
    assert "<td>test_manual</td><td></td><td></td><td>By hand</td>" in by_hand


def test_names_from_tests_stay_words(workspace: Workspace) -> None:
    error = f'<error message="{EVIL}">{EVIL}</error>'
    workspace.push(document(run_of(EVIL, error), head=environment(OS=EVIL)))
    elements = elements_of(page(workspace))
    assert [each for each in elements if each.name in {"script", "img", "iframe"}] == []


@pytest.mark.parametrize("path", ["/", "/ui", "/style.css", "/api/shared_spaces", "/nowhere"])
def test_every_answer_tells_browsers_to_run_load_and_frame_nothing(
    workspace: Workspace, path: str
) -> None:
    headers = requests.get(workspace.server.url + path, timeout=5).headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_of_another_origin_gets_nothing(workspace: Workspace) -> None:
    url = f"{workspace.server.url}/authentication/sign_in"
    answer = requests.post(url, json={}, headers={"Origin": "http://evil.example"}, timeout=5)
    assert (answer.status_code, answer.json()["error_code"]) == (403, "platform.not_authorized")
    answer = requests.get(workspace.server.url, headers={"Host": "evil.example"}, timeout=5)
    assert answer.status_code == 421


def test_the_page_stands_below_the_context_path(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(context_path="/octane")
    assert 'href="/octane/style.css"' in page(workspace, "/ui/?p=1001/1002")
