"""Settings that outlive a session, in the header of its journal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.config.environment import find_credentials
from pytest_jama.core.errors import SettingsError
from tests.config.values import COMPLETE, LOGIN, load, load_header, write

if TYPE_CHECKING:
    from pathlib import Path

RICH = """\
url: https://jama.test/contour
project: 52
plan: {id: 7, create: false, group: G}
cycle: {name: "Build ${N}", start: 2024-02-01, end: 2024-02-02, missing_runs: regenerate}
verdicts: {skipped: BLOCKED, passed: leave}
upload: {on_error: warn, give_up_after: 500ms, concurrency: 2, rate: 5}
run: {actual_results: false, assigned_to: me, fields: {a$1: [1, x], b$2: 1.5}}
tls: {verify: false}
strict: true
names: '\\[(?P<case>[A-Z]+-TC-\\d+)\\]'
junit: {skipped_wins: true}
"""


def header_of(folder: Path, text: str = COMPLETE) -> dict[str, Any]:
    settings = load(folder, text, environ={"N": "${X}"}).settings
    header: dict[str, Any] = json.loads(json.dumps(settings.for_journal()))
    return header


@pytest.mark.parametrize("text", [COMPLETE, RICH], ids=["few-settings", "many-settings"])
def test_a_journal_gives_back_the_same_settings(tmp_path: Path, text: str) -> None:
    header = header_of(tmp_path, text)
    settings = load_header(tmp_path, header, environ=LOGIN).settings
    assert settings.for_journal() == header
    assert settings.credentials == find_credentials(LOGIN)[0]


def test_what_was_filled_in_is_not_filled_in_again(tmp_path: Path) -> None:
    loaded = load_header(tmp_path, header_of(tmp_path, RICH), environ=LOGIN)
    assert loaded.settings.cycle.name == "Build ${X}"


def test_the_user_that_a_session_left_open_is_filled_in_everywhere_once_known(
    tmp_path: Path,
) -> None:
    text = f'{COMPLETE}run: {{fields: {{a$1: ["${{JAMA_USER}}", 2]}}}}\n'
    text = text.replace("Build 1", "Build of ${JAMA_USER}")
    nobody = dict.fromkeys(LOGIN, "")
    header = load(tmp_path, text, environ=nobody, needs_target=False).settings.for_journal()
    settings = load_header(tmp_path, header, environ=LOGIN).settings
    assert settings.cycle.name == "Build of ann"
    assert settings.run.fields == {"a$1": ["ann", 2]}
    with pytest.raises(SettingsError) as caught:
        load_header(tmp_path, header, environ={})
    assert [problem.message for problem in caught.value.problems] == ["no credentials for Jama"]


def test_flags_beat_the_environment_beats_the_journal(tmp_path: Path) -> None:
    environ = {**LOGIN, "JAMA_URL": "http://127.0.0.1:1", "JAMA_PLAN": "Other"}
    flags = {"plan": "id:9"}
    header = header_of(tmp_path)
    loaded = load_header(tmp_path, header, environ=environ, flags=flags, label="1.jsonl")
    assert (loaded.settings.url, loaded.settings.plan.id) == ("http://127.0.0.1:1", 9)
    names = ("plan", "url", "project", "cycle")
    assert [loaded.origins[name] for name in names] == [
        "--plan",
        "environment JAMA_URL",
        "1.jsonl",
        "1.jsonl",
    ]


def test_a_session_without_target_says_what_is_missing_when_it_is_sent(tmp_path: Path) -> None:
    header = load(tmp_path, "project: P\n", needs_target=False).settings.for_journal()
    with pytest.raises(SettingsError) as caught:
        load_header(tmp_path, header, environ={})
    assert [problem.message for problem in caught.value.problems] == [
        "url is not set",
        "plan is not set",
        "cycle is not set",
        "no credentials for Jama",
    ]
    assert caught.value.problems[0].remedy == "set JAMA_URL in the environment, or --url=..."


def test_a_certificate_that_is_gone_is_said(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    header = header_of(tmp_path, f"{COMPLETE}tls: {{verify: ca.pem}}\n")
    (tmp_path / "ca.pem").unlink()
    with pytest.raises(
        SettingsError, match=r"jama\.yaml: tls\.verify is '.*ca\.pem', but there is"
    ):
        load_header(tmp_path, header, environ=LOGIN)


def test_the_map_of_tests_stays_out(tmp_path: Path) -> None:
    assert "tests" not in header_of(tmp_path, f"{COMPLETE}tests: {{a.py: A-1}}\n")


def test_a_journal_has_no_say_in_where_credentials_go(tmp_path: Path) -> None:
    hostile = {
        **header_of(tmp_path),
        "url": "https://evil.example",
        "tls": {"verify": False, "client_cert": "/etc/passwd"},
        "journal": "/evil",
    }
    write(tmp_path, f"{COMPLETE}journal: kept\n")
    loaded = load_header(tmp_path, hostile, environ=LOGIN)
    settings = loaded.settings
    assert (settings.url, loaded.origins["url"]) == ("https://jama.test", "jama.yaml:1")
    assert (settings.tls.verify, settings.tls.client_cert) == (True, None)
    assert settings.journal.folder == tmp_path / "kept"


def test_certificates_of_an_upload_are_relative_to_jama_yaml(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    header = header_of(tmp_path)
    write(tmp_path, f"{COMPLETE}tls: {{verify: ca.pem, client_cert: ca.pem}}\n")
    tls = load_header(below, header, environ=LOGIN).settings.tls
    assert (tls.verify, tls.client_cert) == (tmp_path / "ca.pem", tmp_path / "ca.pem")


def test_what_is_not_needed_of_jama_yaml_may_be_wrong_when_a_journal_is_sent(
    tmp_path: Path,
) -> None:
    header = header_of(tmp_path)
    others = "cycle: 'Build ${ONLY_IN_CI}'\nplan: {id: x}\nodd: 1\n"
    write(tmp_path, f"url: https://jama.test\n{others}")
    assert load_header(tmp_path, header, environ=LOGIN).settings.url == "https://jama.test"
    write(tmp_path, f"url: 'https://${{ONLY_IN_CI}}'\n{others}")
    with pytest.raises(SettingsError, match=r"jama\.yaml:1: url uses \$\{ONLY_IN_CI\}") as caught:
        load_header(tmp_path, header, environ=LOGIN)
    assert len(caught.value.problems) == 1
