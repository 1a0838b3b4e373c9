"""Settings of ALM Octane that outlive a session, in the header of its journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.config import OCTANE, load_owned
from pytest_jama.config.octane_settings import OctaneKey
from pytest_jama.core.errors import SettingsError
from tests.config.octane_values import BROWSER, KEY, WHERE, kept_of, load, load_kept
from tests.config.values import write

if TYPE_CHECKING:
    from pathlib import Path

RICH = f"""\
{WHERE}release: 2.4
milestone: id:5
modules: [Login, 7]
environment: {{OS: Linux, Browser: Chrome}}
fields: {{Test_Level: Unit Test, Framework: pytest}}
suite: {{name: S, run: R}}
build: {{server: s, job: j, id: 1, create: true}}
report_url: https://ci.test/1
skip_errors: true
wait: 500ms
upload: {{on_error: warn, concurrency: 2}}
tester: ann
strict: true
"""
JOB = {"JENKINS_URL": "https://ci.test", "BUILD_URL": "https://ci.test/1"}
OTHER_JOB = {**JOB, "BUILD_URL": "https://ci.test/2"}
OF_THE_DOCUMENT = (
    *("release", "milestone", "modules", "environment", "fields", "suite", "build"),
    *("report_url", "skip_errors", "wait"),
)


@pytest.mark.parametrize("text", [WHERE, RICH], ids=["few-settings", "many-settings"])
def test_a_journal_gives_back_the_same_settings(tmp_path: Path, text: str) -> None:
    kept = kept_of(load(tmp_path, text))
    settings = load_kept(tmp_path, kept).settings
    assert kept_of(load_kept(tmp_path, kept)) == kept
    assert isinstance(settings.credentials, OctaneKey)


def test_what_makes_the_document_is_in_the_journal_in_its_order(tmp_path: Path) -> None:
    kept = kept_of(load(tmp_path, RICH))
    assert {name: kept[name] for name in OF_THE_DOCUMENT} == {
        "release": "2.4",
        "milestone": "id:5",
        "modules": ["Login", "7"],
        "environment": {"OS": "Linux", "Browser": "Chrome"},
        "fields": {"Test_Level": "Unit Test", "Framework": "pytest"},
        "suite": {"name": "S", "run": "R"},
        "build": {"server": "s", "job": "j", "id": "1", "create": True},
        "report_url": "https://ci.test/1",
        "skip_errors": True,
        "wait": 0.5,
    }
    again = load_kept(tmp_path, kept).settings
    assert [*again.environment, *again.fields] == ["OS", "Browser", "Test_Level", "Framework"]


@pytest.mark.parametrize("text, is_said", [(WHERE, False), (f"{WHERE}wait: 120\n", True)])
def test_a_journal_knows_whether_it_was_said_how_long_to_wait(
    tmp_path: Path, text: str, is_said: bool
) -> None:
    loaded = load(tmp_path, text)
    again = load_kept(tmp_path, kept_of(loaded)).settings
    assert (loaded.settings.reads_all_back, again.reads_all_back) == (is_said, is_said)
    assert again.wait_s == 120


def test_a_journal_says_where_its_results_go(tmp_path: Path) -> None:
    kept = kept_of(load(tmp_path, WHERE))
    where = {name: kept[name] for name in ("target", "url", "space", "workspace")}
    assert where == {
        "target": "octane",
        "url": "https://octane.test",
        "space": "1001",
        "workspace": "1002",
    }


@pytest.mark.parametrize("environ,link", [(JOB, JOB["BUILD_URL"]), ({}, None)], ids=["job", "none"])
def test_the_link_is_that_of_the_session_and_not_of_the_upload(
    tmp_path: Path, environ: dict[str, str], link: str | None
) -> None:
    kept = kept_of(load(tmp_path, WHERE, environ=environ))
    assert load_kept(tmp_path, kept, environ=OTHER_JOB).settings.report_url == link


def test_a_file_that_changed_since_then_has_no_say_in_the_document(tmp_path: Path) -> None:
    kept = kept_of(load(tmp_path, RICH))
    write(tmp_path, f"{WHERE}release: 3.0\nenvironment: {{OS: Windows}}\n", "octane.yaml")
    assert kept_of(load_kept(tmp_path, kept)) == {**kept, "upload": {**kept["upload"], **DEFAULTS}}


DEFAULTS = {"on_error": "fail", "concurrency": 8}


def test_flags_beat_the_environment_beats_the_journal(tmp_path: Path) -> None:
    kept = kept_of(load(tmp_path, RICH))
    environ = {"OCTANE_RELEASE": "2.5", "OCTANE_MILESTONE": "M9"}
    loaded = load_kept(
        tmp_path, kept, environ=environ, flags={"release": "2.6", "environment": ["OS=Windows"]}
    )
    settings = loaded.settings
    assert (settings.release, settings.milestone) == ("2.6", "M9")
    assert settings.environment == {"OS": "Windows", "Browser": "Chrome"}
    assert loaded.origins == {
        "url": "octane.yaml:1",
        "space": "journal",
        "workspace": "journal",
    }


def test_a_session_that_knew_no_workspace_is_sent_where_the_file_says(tmp_path: Path) -> None:
    kept = kept_of(load(tmp_path, "release: R\n", needs_target=False))
    write(tmp_path, WHERE, "octane.yaml")
    settings = load_kept(tmp_path, kept).settings
    assert (settings.space, settings.workspace, settings.release) == ("1001", "1002", "R")


def test_a_session_without_place_says_what_is_missing_when_it_is_sent(tmp_path: Path) -> None:
    kept = kept_of(load(tmp_path, "release: R\n", needs_target=False))
    with pytest.raises(SettingsError) as caught:
        load_kept(tmp_path, kept)
    assert [problem.message for problem in caught.value.problems] == [
        "url is not set",
        "space is not set",
        "workspace is not set",
    ]
    assert caught.value.problems[0].remedy == "set OCTANE_URL in the environment"


def test_a_journal_has_no_say_in_where_credentials_go(tmp_path: Path) -> None:
    hostile = {
        **kept_of(load(tmp_path, WHERE)),
        "url": "https://evil.example",
        "target": "evil",
        "tls": {"verify": False},
        "headers": {"Host": "evil"},
    }
    settings = load_kept(tmp_path, hostile).settings
    assert (settings.url, settings.target) == ("https://octane.test", "octane")
    assert (settings.tls.verify, settings.headers) == (True, {})


def test_an_address_of_another_workspace_than_that_of_the_journal_is_said(tmp_path: Path) -> None:
    kept = kept_of(load(tmp_path, WHERE))
    other = BROWSER.replace("1002", "1003")
    with pytest.raises(SettingsError) as caught:
        load_kept(tmp_path, kept, flags={"url": other})
    assert str(caught.value) == (
        "journal: workspace is '1002', and url (--url) says 1003; correct one of them, or "
        "leave one "
        "out"
    )


def test_the_user_that_a_session_left_open_is_filled_in_once_known(tmp_path: Path) -> None:
    nobody = dict.fromkeys(KEY, "")
    text = f"{WHERE}environment: {{By: '${{OCTANE_USER}}'}}\n"
    kept = kept_of(load(tmp_path, text, environ=nobody, needs_target=False))
    assert kept["environment"] == {"By": "${OCTANE_USER}"}
    assert load_kept(tmp_path, kept).settings.environment == {"By": "a key"}


def test_what_is_not_needed_of_the_file_may_be_wrong_when_a_journal_is_sent(tmp_path: Path) -> None:
    kept = kept_of(load(tmp_path, RICH))
    write(tmp_path, f"{WHERE}release: ${{ONLY_IN_CI}}\nodd: 1\n", "octane.yaml")
    assert load_kept(tmp_path, kept).settings.release == "2.4"


def test_what_a_newer_version_keeps_is_passed_over(tmp_path: Path) -> None:
    kept = kept_of(load(tmp_path, WHERE))
    assert kept_of(load_kept(tmp_path, {**kept, "new": 1})) == kept


def test_the_map_of_tests_stays_out(tmp_path: Path) -> None:
    assert "tests" not in kept_of(load(tmp_path, f"{WHERE}tests: {{a.py: 5}}\n"))


def test_two_files_in_one_folder_are_a_mistake_for_an_upload_as_well(tmp_path: Path) -> None:
    write(tmp_path, WHERE, "octane.yaml")
    write(tmp_path, WHERE, "octane.yml")
    with pytest.raises(SettingsError, match=r"has octane\.yaml and octane\.yml; remove one"):
        load_owned(start=tmp_path, file=None, flags={}, environ=KEY, kind=OCTANE)
