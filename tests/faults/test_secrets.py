"""Whole sessions against a server that repeats the credentials: they are shown nowhere."""

from __future__ import annotations

import logging
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.faults.echo import AFTERWARDS, AT_LOGIN, echoing, forms_of
from tests.faults.world import FRONT_ENDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.faults.world import World

SECRET = 'p&ss "w\u00f6rd"/+<1%>'
OAUTH = {"JAMA_CLIENT_ID": "acme", "JAMA_CLIENT_SECRET": SECRET}
BASIC = {"JAMA_USERNAME": "acme", "JAMA_PASSWORD": SECRET}
NOBODY = dict.fromkeys((*OAUTH, *BASIC), "")


class Watched:
    """A session whose traces are all collected."""

    def __init__(
        self,
        world: World,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        self._world = world
        self._monkeypatch = monkeypatch
        self._caplog = caplog

    def run(self, front_end: str, url: str, credentials: dict[str, str]) -> str:
        """Run a session; return everything that it printed, logged and wrote."""
        for name, value in {**NOBODY, **credentials, "JAMA_URL": url}.items():
            self._monkeypatch.setenv(name, value)
        self._caplog.set_level(logging.DEBUG)
        ended = self._world.report(front_end)
        assert ended.status != 0
        folder = self._world.repository.folder
        files = (path for path in folder.rglob("*") if path.is_file())
        written = "".join(path.read_text(errors="replace") for path in files)
        assert '"line":"end"' in written
        assert "oauth/token" in self._caplog.text or "JAMA_USERNAME" in credentials
        return f"{ended.said}{self._caplog.text}{written}"


@pytest.fixture
def watched(
    make_world: Callable[[str], World],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Watched:
    """A session with a short life."""
    return Watched(make_world("6s"), monkeypatch, caplog)


def ways(kinds: Iterable[str]) -> list[tuple[str, str]]:
    """Return front-end and kind: one front-end meets all of them, each of the others three."""
    listed, (first, *others) = list(kinds), sorted(FRONT_ENDS, reverse=True)
    return [*((first, kind) for kind in listed), *product(others, listed[:3])]


def shown_in(everything: str) -> list[str]:
    return [form for form in forms_of("acme", SECRET) if form in everything]


@pytest.mark.parametrize("front_end, kind", ways(AT_LOGIN))
def test_login_that_repeats_the_secret(watched: Watched, front_end: str, kind: str) -> None:
    with echoing(login=AT_LOGIN[kind]) as url:
        everything = watched.run(front_end, url, OAUTH)
    assert shown_in(everything) == []


@pytest.mark.parametrize("front_end, kind", ways(AFTERWARDS))
@pytest.mark.parametrize("credentials", [OAUTH, BASIC], ids=["token", "password"])
def test_refusal_that_repeats_the_header(
    watched: Watched, front_end: str, kind: str, credentials: dict[str, str]
) -> None:
    with echoing(afterwards=AFTERWARDS[kind]) as url:
        everything = watched.run(front_end, url, credentials)
    assert shown_in(everything) == []
