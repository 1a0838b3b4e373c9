"""`pytest-jama upload` sends credentials where their owner says, whatever a journal says."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from pytest_jama.journal.folder import is_finished
from tests.cli.upload_world import EARLY, LATE, PASSED
from tests.journal.record import as_bytes
from tests.journal.samples import FULL

if TYPE_CHECKING:
    from tests.cli.upload_world import World

EVIL = "https://evil.example"


def say_url(world: World, way: str, url: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Say where the server is, in one of the ways; return the flags."""
    monkeypatch.delenv("JAMA_URL")
    if way == "flag":
        return [f"--url={url}"]
    if way == "environment":
        monkeypatch.setenv("JAMA_URL", url)
    else:
        world.repository.write("jama.yaml", f"project: KEY\nurl: {url}\n")
    return []


@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_flag_environment_and_jama_yaml_say_where_the_server_is(
    world: World, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.journal(EARLY, PASSED, url="")
    flags = say_url(world, way, world.repository.sandbox.url, monkeypatch)
    assert world(*flags) == 0, world.err
    assert world.repository.statuses()[1] == "PASSED"


def test_journal_alone_does_not_say_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.journal(EARLY, PASSED)
    monkeypatch.delenv("JAMA_URL")
    url = world.repository.sandbox.url
    assert world() == 2
    assert f".jama/{EARLY}.jsonl: its session was for {url}, but a journal does not" in world.err
    assert f"confirm it with --url={url} or JAMA_URL={url}, go to the folder" in world.err
    assert world.repository.sandbox.requests == ()
    assert world(f"--url={url}") == 0


@pytest.mark.parametrize(
    "way,origin", [("environment", "environment JAMA_URL"), ("file", "jama.yaml:2")]
)
def test_other_server_of_a_journal_is_refused_with_both_and_a_flag_settles_it(
    world: World, way: str, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.journal(EARLY, PASSED, url=EVIL)
    url = world.repository.sandbox.url
    say_url(world, way, url, monkeypatch)
    assert world() == 2
    assert f".jama/{EARLY}.jsonl: url is '{EVIL}', and {origin} says '{url}'" in world.err
    assert f"say it with --url={url} or --url={EVIL}" in world.err
    assert world.repository.sandbox.requests == ()
    assert world(f"--url={url}") == 0
    assert world.repository.statuses()[1] == "PASSED"


def test_each_journal_of_another_server_is_named(world: World) -> None:
    world.journal(EARLY, PASSED, url=EVIL)
    world.journal("20261122T044500Z-3", PASSED)
    world.journal(LATE, PASSED, url="https://other.example")
    assert world(".jama") == 2
    assert world.err.count(": url is ") == 2
    assert world(".jama", f"--url={world.repository.sandbox.url}") == 0


def test_later_line_of_a_journal_does_not_steer_the_upload(world: World) -> None:
    upload = {**FULL["upload_line"], "sessions": [EARLY]}
    upload["settings"] = {**upload["settings"], "url": EVIL}
    world.journal(EARLY, PASSED, extra=as_bytes(upload))
    assert world() == 0, world.err
    assert world.repository.statuses()[1] == "PASSED"


def test_tls_of_a_journal_is_not_taken(world: World) -> None:
    world.journal(EARLY, PASSED, tls={"verify": False, "client_cert": "/etc/passwd"})
    assert world() == 0, world.err
    assert "tls.verify" not in world.out


def test_journal_does_not_say_how_an_upload_is_done_or_what_is_hidden(world: World) -> None:
    upload = {"give_up_after": "for ever", "rate": -1, "concurrency": 1e9, "on_error": "x"}
    world.journal(EARLY, PASSED, upload=upload, redact={"builtin": "x", "patterns": ["("]})
    assert world() == 0, world.err


@pytest.mark.parametrize("name,value", [("upload", "{rate: absurd}"), ("redact", "['(']")])
def test_jama_yaml_says_how_an_upload_is_done(world: World, name: str, value: str) -> None:
    world.journal(EARLY, PASSED)
    world.repository.write("jama.yaml", f"plan: ${{UNSET}}\n{name}: {value}\n")
    assert world() == 2
    assert f"jama.yaml:2: {name}" in world.err
    assert world.repository.sandbox.requests == ()
    world.repository.write("jama.yaml", f"plan: ${{UNSET}}\n{name}: ${{UNSET}}\n")
    assert world() == 0, world.err


def test_other_kind_of_server_of_a_journal_is_refused_with_both(world: World) -> None:
    world.journal(EARLY, PASSED, target="octane")
    assert world(f"--url={world.repository.sandbox.url}") == 2
    assert f".jama/{EARLY}.jsonl: target is 'octane', and " in world.err
    assert " 'jama'; a journal does not decide which kind of server" in world.err
    assert world.repository.sandbox.requests == ()


@pytest.mark.parametrize("url", [f"https://me:s3cret@{EVIL[8:]}", "http://[::1", 7])
def test_odd_url_of_a_journal_is_refused_without_its_password(world: World, url: object) -> None:
    world.journal(EARLY, PASSED, url=url)
    assert world() == (0 if url == 7 else 2)
    assert "s3cret" not in world.out + world.err


@pytest.mark.parametrize("name", ["../elsewhere/x", "/etc/x"])
def test_partner_that_a_journal_names_is_looked_for_beside_it_alone(
    world: World, name: str
) -> None:
    elsewhere = world.repository.folder / "elsewhere"
    elsewhere.mkdir()
    world.journal("x", PASSED, PASSED).rename(elsewhere / "x.jsonl")
    upload = {**FULL["upload_line"], "sessions": [name]}
    world.journal(EARLY, PASSED, extra=as_bytes(upload))
    assert world() == 1
    assert f"was last uploaded together with {name}, which is not in .jama" in world.err


def test_next_command_names_the_server_that_a_flag_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.journal(EARLY, PASSED)
    flags = say_url(world, "flag", world.repository.sandbox.url, monkeypatch)
    monkeypatch.setenv("JAMA_CLIENT_SECRET", "wrong")
    assert world(*flags) == 3
    command = f"pytest-jama upload {flags[0]} .jama/{EARLY}.jsonl"
    assert f"next       {command}\n" in world.out
    monkeypatch.setenv("JAMA_CLIENT_SECRET", world.repository.environment()["JAMA_CLIENT_SECRET"])
    assert world(*shlex.split(command)[2:]) == 0
    assert is_finished(path)


def test_next_command_names_a_jama_yaml_that_would_not_be_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.journal(EARLY, PASSED)
    say_url(world, "file", world.repository.sandbox.url, monkeypatch)
    world.repository.write("a/jama.yaml", "url: https://other.example\n")
    monkeypatch.chdir(world.repository.folder / "a")
    monkeypatch.setenv("JAMA_CLIENT_SECRET", "wrong")
    assert world("--config=../jama.yaml") == 3
    command = f"pytest-jama upload --config=../jama.yaml ../.jama/{EARLY}.jsonl"
    assert f"next       {command}\n" in world.out
    monkeypatch.setenv("JAMA_CLIENT_SECRET", world.repository.environment()["JAMA_CLIENT_SECRET"])
    assert world(*shlex.split(command)[2:]) == 0
    assert world.repository.statuses()[1] == "PASSED"
