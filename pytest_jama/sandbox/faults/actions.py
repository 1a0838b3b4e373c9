"""How faults handle a request; one function per way."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.datastructures import Headers

from pytest_jama.sandbox.faults.base import NO_EFFECT, Effect
from pytest_jama.sandbox.faults.interception import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from pytest_jama.sandbox.faults.base import Act, IncomingRequest, Judge
    from pytest_jama.sandbox.faults.interception import InterceptedRequest
    from pytest_jama.sandbox.serving import ServedConnection


def end(how: Callable[[ServedConnection], Awaitable[None]], *, processed: bool) -> Act:
    """End the connection, or say nothing on it, in place of an answer.

    Args:
        how: Ends the connection, or waits until the client does.
        processed: Whether the request is processed before.
    """

    async def act(exchange: InterceptedRequest) -> None:
        if processed:
            await exchange.process()
        await exchange.note_no_answer()
        await how(exchange.connection)

    return act


async def truncate(exchange: InterceptedRequest) -> None:
    """Announce the whole body, send half of it, and close the connection."""
    answer = await exchange.process()
    await exchange.begin(answer)
    await exchange.write(answer.body[: len(answer.body) // 2], is_last=False)
    await exchange.connection.close()


async def empty(exchange: InterceptedRequest) -> None:
    """Send the status and the headers, and no body."""
    await exchange.answer((await exchange.process()).with_body(b""))


def drip(pause_s: float) -> Act:
    """Send the body byte by byte, with a pause before each."""

    async def act(exchange: InterceptedRequest) -> None:
        answer = await exchange.process()
        await exchange.begin(answer)
        for number in range(len(answer.body)):
            if await exchange.connection.pause(pause_s):
                return
            await exchange.write(answer.body[number : number + 1], is_last=False)
        await exchange.write(b"", is_last=True)

    return act


def show(status: int, page: str) -> Act:
    """Answer with a page of HTML, as what stands before the server does."""
    body = page.encode()
    headers = [(b"content-type", b"text/html; charset=utf-8")]
    answer = Answer(status=status, headers=headers, body=b"").with_body(body)

    async def act(exchange: InterceptedRequest) -> None:
        await exchange.answer(answer)

    return act


async def expire(exchange: InterceptedRequest) -> None:
    """Refuse the credentials; a token is never valid again."""
    await exchange.answer_with(exchange.backend.expired(Headers(scope=exchange.scope)))


async def lock(exchange: InterceptedRequest) -> None:
    """Refuse as if another user held the lock."""
    await exchange.answer_with(exchange.backend.locked(exchange.scope["path"]))


class _UndoneError(Exception):
    """Leaves a transaction without its changes."""


async def lie(exchange: InterceptedRequest) -> None:
    """Answer as if the request had been processed, and keep nothing of it.

    The body has been read before, so that nothing makes the application wait: no other request
    can get between the beginning and the end of the transaction.
    """
    database = exchange.backend.database
    numbers: dict[str, int] = {}
    answer = Answer(status=500, headers=(), body=b"")
    with suppress(_UndoneError), database.transaction():
        answer = await exchange.process()
        numbers = database.moved_numbers
        raise _UndoneError
    for counter, value in numbers.items():  # an ID of a lie must not be true of something else
        database.raise_counter(counter, value)
    await exchange.answer(answer)


def hide(ids: Collection[int]) -> Act:
    """Leave objects out of a list."""

    async def act(exchange: InterceptedRequest) -> None:
        answer = await exchange.process()
        await exchange.answer(answer.with_body(exchange.backend.without(answer.body, ids)))

    return act


async def lose_page(exchange: InterceptedRequest) -> None:
    """Answer with a page of a list that has no rows, though its total announces them."""
    answer = await exchange.process()
    await exchange.answer(answer.with_body(exchange.backend.emptied(answer.body)))


def judge_lists(lag_s: float, strikes: Callable[[IncomingRequest], bool]) -> Judge:
    """Watch what is created, and leave it out of the struck lists for some seconds."""
    made: _Noted[tuple[str, int]] = OrderedDict()

    def judge(arrival: IncomingRequest) -> Effect:
        if arrival.method == "POST":
            return Effect(act=_watch(arrival, made), lets_others_act=True)
        since_s = arrival.at_s - lag_s
        _forget(made, since_s)
        ids = {
            made_id
            for (collection, made_id), (at_s, _) in made.items()
            if collection == arrival.path and at_s > since_s
        }
        return Effect(act=hide(ids)) if ids and strikes(arrival) else NO_EFFECT

    return judge


_Key = TypeVar("_Key")
_Noted = OrderedDict[_Key, tuple[float, object]]
"""When something was done, and what was there before, the oldest first."""


def _forget(noted: _Noted[Any], until_s: float) -> None:
    """Drop what is over, so that a judge looks at no more than what counts."""
    while noted and next(iter(noted.values()))[0] <= until_s:
        noted.popitem(last=False)


def _watch(arrival: IncomingRequest, made: _Noted[tuple[str, int]]) -> Act:
    """Let a POST be served, and remember where and when it creates something."""

    async def act(exchange: InterceptedRequest) -> None:
        answer = await exchange.process()
        if answer.status == HTTPStatus.CREATED:
            collection, made_id = exchange.backend.created(answer.body)
            for name in (arrival.path, collection):
                made[name, made_id] = arrival.at_s, None
        await exchange.answer(answer)

    return act


def judge_replicas(lag_s: float, strikes: Callable[[IncomingRequest], bool]) -> Judge:
    """Watch what is changed, and show it in the struck lists as it was, for some seconds."""
    changed: _Noted[int] = OrderedDict()

    def judge(arrival: IncomingRequest) -> Effect:
        if arrival.method in ("PATCH", "PUT"):
            return Effect(act=_keep(arrival, changed, lag_s), lets_others_act=True)
        since_s = arrival.at_s - lag_s
        _forget(changed, since_s)
        old = {made_id: before for made_id, (at_s, before) in changed.items() if at_s > since_s}
        may_be_a_list = not arrival.path.rpartition("/")[2].isdigit()
        is_struck = old and may_be_a_list and strikes(arrival)
        return Effect(act=_show_old(old)) if is_struck else NO_EFFECT

    return judge


def _keep(arrival: IncomingRequest, changed: _Noted[int], lag_s: float) -> Act:
    """Let a change be made, and remember what was there before."""

    async def act(exchange: InterceptedRequest) -> None:
        before = exchange.backend.shown((await exchange.look()).body)
        answer = await exchange.process()
        if before and answer.status == HTTPStatus.OK:
            known = changed.get(before[0])
            if known is None or known[0] <= arrival.at_s - lag_s:
                changed[before[0]] = arrival.at_s, before[1]
                changed.move_to_end(before[0])
        await exchange.answer(answer)

    return act


def _show_old(old: Mapping[int, object]) -> Act:
    async def act(exchange: InterceptedRequest) -> None:
        answer = await exchange.process()
        await exchange.answer(answer.with_body(exchange.backend.replaced(answer.body, old)))

    return act
