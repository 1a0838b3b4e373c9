"""What a server makes slowly, or without an answer, is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_jama.core.errors import OutOfReachError, RefusedError
from pytest_jama.targets.http.creation import LOOKED_UP_AGAIN, Seen, Wary
from pytest_jama.targets.http.login import ClientLogin, TokenLogin, fetch_token
from tests.targets.scripted import (
    DROP,
    HANG,
    TRUNCATED,
    WEB_PAGE,
    Reply,
    created,
    said,
    token,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.targets.http.api import HttpApi
    from tests.targets.conftest import OpenApi, Serve
    from tests.targets.scripted import FakeTime

SHORT_S = 2.0
MINE = 42


def wary(
    *,
    begun_at: float | None = None,
    waits: list[str] | None = None,
    doubts: list[str] | None = None,
    made: list[int] | None = None,
) -> Wary:
    waits, doubts = waits if waits is not None else [], doubts if doubts is not None else []
    made = made if made is not None else []
    return Wary(
        "test cycle 'Build 7'",
        begun_at,
        on_wait=waits.append,
        on_doubt=lambda: doubts.append("doubt"),
        on_made=made.append,
    )


def _never() -> NoReturn:
    pytest.fail("it was looked up without need")


def _shows(time: FakeTime, *, after_s: float = 1e9, changes: tuple[float, ...] = ()) -> Any:
    """Return a look that finds it after some seconds; others come at the times of `changes`."""
    start = time.now

    def look() -> Seen:
        passed_s = time.now - start
        others = frozenset(each for each in changes if each <= passed_s)
        return Seen(MINE if passed_s >= after_s else None, others)

    return look


def _answered(api: HttpApi, look: Callable[[], Seen]) -> Callable[[], Seen]:
    """Let looks be answers of the server."""

    def answered() -> Seen:
        api.connection.give_up.succeeded()
        return look()

    return answered


@pytest.mark.parametrize("is_wary", [True, False])
@pytest.mark.parametrize("lost", [DROP, HANG, TRUNCATED, said(504), said(503), Reply(201, b"")])
def test_a_creation_whose_answer_was_lost_is_looked_up_first(
    lost: Reply, is_wary: bool, script: Serve, open_api: OpenApi
) -> None:
    server = script(lost, said(500))
    api = open_api(server.url, read_timeout_s=SHORT_S / 10 if is_wary else SHORT_S)
    doubts: list[str] = []
    found = api.create(
        "/testplans", {}, look=lambda: Seen(MINE), wary=wary(doubts=doubts) if is_wary else None
    )
    assert found == MINE
    assert len(server.seen) == 1
    assert bool(doubts) == is_wary


@pytest.mark.parametrize("lost", [DROP, said(500), said(502), said(503), said(504), WEB_PAGE])
def test_it_is_made_again_only_when_nothing_has_changed_for_a_minute(
    lost: Reply, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(lost, created(43))
    waits: list[str] = []
    api = open_api(server.url)
    look = _shows(fake_time, changes=(10, 40))
    assert api.create("/testplans", {}, look=look, wary=wary(waits=waits)) == 43
    assert 100 <= sum(fake_time.slept) < 125
    assert len(server.seen) == 2
    (why,) = waits
    assert why.startswith("it is not known whether test cycle 'Build 7' was created (")


@pytest.mark.parametrize("after_s", [0, 7, 45, 59])
def test_what_shows_within_the_minute_ends_the_wait(
    after_s: float, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(504), created(43))
    api = open_api(server.url)
    look = _shows(fake_time, after_s=after_s)
    assert api.create("/testplans", {}, look=look, wary=wary()) == MINE
    assert len(server.seen) == 1
    assert after_s <= sum(fake_time.slept) <= after_s + 15


def test_what_was_cut_off_after_long_is_looked_for_as_long_as_it_may_take(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(504), created(43))
    api = open_api(server.url)
    _delay_sending(api, fake_time, 30)
    look = _shows(fake_time, after_s=200)
    assert api.create("/testplans", {}, look=look, wary=wary()) == MINE
    assert len(server.seen) == 1


def test_a_busy_place_does_not_keep_it_for_ever(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(DROP, created(43))
    api = open_api(server.url)
    shows = _shows(fake_time, changes=tuple(range(0, 10_000, 20)))
    look = _answered(api, shows)
    assert api.create("/testplans", {}, look=look, wary=wary()) == 43
    assert 300 <= sum(fake_time.slept) < 320


@pytest.mark.parametrize("seconds, is_slow", [(1, False), (45, True)])
def test_a_slow_answer_that_came_is_enough_and_told(
    seconds: float, is_slow: bool, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(created(43))
    api = open_api(server.url)
    _delay_sending(api, fake_time, seconds)
    doubts: list[str] = []
    made: list[int] = []
    assert api.create("/testplans", {}, look=_never, wary=wary(doubts=doubts, made=made)) == 43
    assert bool(doubts) == is_slow
    assert made == ([] if is_slow else [43])


def test_a_creation_gets_ten_times_as_long_and_others_do_not(
    script: Serve, open_api: OpenApi
) -> None:
    server = script(created(43))
    api = open_api(server.url, give_up_after_s=1)
    session = api.connection._session  # noqa: SLF001 - what is given to the library
    timeouts: list[float] = []
    send = session.send

    def noting(request: Any, **options: Any) -> Any:
        timeouts.append(options["timeout"][1])
        return send(request, **options)

    session.send = noting  # type: ignore[method-assign]
    api.create("/testplans", {}, look=_never, wary=wary())
    api.get("/testplans")
    assert timeouts == [300, 1]


def test_a_short_time_until_we_give_up_does_not_shorten_the_minute(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(503), created(43))
    api = open_api(server.url, give_up_after_s=1)
    look = _answered(api, _shows(fake_time))
    assert api.create("/testplans", {}, look=look, wary=wary()) == 43
    assert len(server.seen) == 2
    assert 60 <= sum(fake_time.slept) < 75


def test_a_server_that_is_slow_is_not_out_of_reach(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(DROP, created(43))
    api = open_api(server.url, give_up_after_s=90)
    _delay_sending(api, fake_time, 250)
    look = _shows(fake_time)
    assert api.create("/testplans", {}, look=look, wary=wary()) == 43
    assert api.connection.give_up.left_s == 90


def test_a_creation_that_always_fails_is_given_up_alone_after_some_attempts(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    probe = said(200, {"id": 1})
    server = script(said(500), said(500), said(500), probe)
    api = open_api(server.url)
    look = _answered(api, _shows(fake_time))
    with pytest.raises(RefusedError, match=r"3 attempts, while other requests are answered"):
        api.create("/testplans", {}, look=look, wary=wary())
    assert [line.split()[0] for line in server.lines] == ["POST"] * 3 + ["GET"]


def test_a_creation_that_did_not_happen_is_repeated(script: Serve, open_api: OpenApi) -> None:
    server = script(DROP, created(43))
    assert open_api(server.url).create("/testplans", {}, look=lambda: Seen(None)) == 43


def test_a_throttled_addition_is_repeated_without_a_look(script: Serve, open_api: OpenApi) -> None:
    server = script(said(429), created(44))
    assert open_api(server.url).create("/testplans", {}, look=_never) == 44


def test_a_throttled_creation_is_looked_up_once_and_does_not_wait_a_minute(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(said(429), created(44))
    looks: list[Seen] = []

    def look() -> Seen:
        looks.append(Seen(None))
        return looks[-1]

    assert open_api(server.url).create("/testplans", {}, look=look, wary=wary()) == 44
    assert len(looks) == 1
    assert sum(fake_time.slept) < 5


def test_a_server_that_was_not_there_has_made_nothing(open_api: OpenApi) -> None:
    api = open_api("http://127.0.0.1:1", give_up_after_s=30)
    with pytest.raises(OutOfReachError, match="nothing succeeded"):
        api.create("/testplans", {}, look=_never, wary=wary())


def _with_token(url: str, open_api: OpenApi, time: FakeTime) -> HttpApi:
    basic = ClientLogin("client", lambda: "s3cret", remedy="check JAMA_CLIENT_ID")
    login = TokenLogin(lambda: fetch_token(api.connection, basic), remedy="-", clock=time.clock)
    api = open_api(url, login=login)
    return api


@pytest.mark.parametrize("was_done", [True, False])
def test_a_creation_that_met_an_old_token_is_looked_up_before_it_is_sent_again(
    was_done: bool, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(token("old"), said(401), token("new"), created(43))
    api = _with_token(server.url, open_api, fake_time)
    look = Seen(MINE if was_done else None)
    made: list[int] = []
    found = api.create("/testplans", {}, look=lambda: look, wary=wary(made=made))
    assert found == (MINE if was_done else 43)
    assert made == ([] if was_done else [43])
    posts = [line for line in server.lines if line == "POST /rest/v1/testplans"]
    assert len(posts) == (1 if was_done else 2)
    assert sum(fake_time.slept) == 0


def test_a_look_up_that_fails_is_repeated_before_the_creation_is(
    script: Serve, open_api: OpenApi
) -> None:
    server = script(DROP, said(503), WEB_PAGE, said(200, {"id": 42}))
    api = open_api(server.url)

    def look() -> Seen:
        return Seen(api.get("/testplans")["data"]["id"])

    assert api.create("/testplans", {}, look=look, wary=wary()) == 42
    assert [line.split()[0] for line in server.lines] == ["POST", "GET", "GET", "GET"]


def test_a_creation_is_not_repeated_when_it_cannot_be_looked_up(
    script: Serve, open_api: OpenApi
) -> None:
    server = script(DROP, said(403))
    api = open_api(server.url)
    with pytest.raises(RefusedError, match="403"):
        api.create("/testplans", {}, look=lambda: Seen(len(api.get("/testplans"))), wary=wary())
    assert [line.split()[0] for line in server.lines] == ["POST", "GET"]


@pytest.mark.parametrize("ago_s, waits_s", [(20, 60), (290, 60), (310, 0), (-50, 60)], ids=str)
def test_what_an_earlier_upload_began_is_waited_for_before_it_is_made(
    ago_s: float, waits_s: float, script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(created(43))
    api = open_api(server.url)
    begun_at = fake_time.clocks.wall() - ago_s
    doubts: list[str] = []
    made = api.create(
        "/testplans", {}, look=_shows(fake_time), wary=wary(begun_at=begun_at, doubts=doubts)
    )
    assert made == 43
    assert sum(fake_time.slept) == waits_s
    assert bool(doubts) == bool(waits_s)
    assert api.connection.repeated.get(LOOKED_UP_AGAIN, 0) == (7 if waits_s else 0)


def test_what_an_earlier_upload_began_is_used_when_it_comes(
    script: Serve, open_api: OpenApi, fake_time: FakeTime
) -> None:
    server = script(created(43))
    begun = wary(begun_at=fake_time.clocks.wall() - 5)
    look = _shows(fake_time, after_s=40)
    assert open_api(server.url).create("/testplans", {}, look=look, wary=begun) == MINE
    assert server.seen == []


def _delay_sending(api: HttpApi, time: FakeTime, seconds: float) -> None:
    """Let the first request take so long, in time that takes none."""
    session = api.connection._session  # noqa: SLF001 - the way to the server
    send, left = session.send, [seconds]

    def delayed(request: Any, **options: Any) -> Any:
        try:
            return send(request, **options)
        finally:
            time.now += left.pop() if left else 0

    session.send = delayed  # type: ignore[method-assign]
