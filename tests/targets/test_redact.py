"""What a server says is repeated without secrets, in messages and in everything behind them."""

from __future__ import annotations

import base64
import html
import json
import re
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest

from pytest_jama.core.errors import CredentialsError, TargetError
from pytest_jama.core.redaction import redact
from pytest_jama.targets.http.login import ClientLogin, TokenLogin, fetch_token
from tests.every import every
from tests.targets.scripted import said, token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.targets.conftest import OpenApi, Serve

SECRET = 's3cret & "more"/\u00e9+1%'
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "HTML": html.escape,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "URL": lambda text: quote(text, safe=""),
    "path": quote,
    "form": quote_plus,
    "lower-case escapes": lambda text: re.sub(
        "%..", lambda escape: escape[0].lower(), quote_plus(text)
    ),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "wrong encoding": lambda text: text.encode().decode("latin-1"),
    "no encoding": lambda text: text.encode("ascii", "replace").decode(),
}


@every("write", FORMS.values(), ids=FORMS)
def test_a_secret_is_hidden_in_every_form(write: Callable[[str], str]) -> None:
    assert redact(f"not {write(SECRET)}, please", [SECRET]) == "not ***, please"


def test_the_longest_form_is_hidden_first() -> None:
    assert redact("s3cret and s3cret-too", ["s3cret", "s3cret-too"]) == "*** and ***"


def test_what_is_too_short_for_a_secret_stays() -> None:
    assert redact("an answer", ["an", ""]) == "an answer"


def everything_in(error: BaseException) -> str:
    """Return all that a tracker of errors could print of an exception and what is behind it.

    The frame of the test itself, which knows the secrets, is left out.
    """
    outermost = error.__traceback__
    error = error.with_traceback(outermost and outermost.tb_next)
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    links: list[BaseException | None] = [error]
    for link in links:
        links += [each for each in (link.__cause__, link.__context__) if each] if link else []
    return "".join((*told.format(), *(repr(link) + repr(link.args) for link in links if link)))


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_password_that_is_repeated_is_in_no_exception(
    status: int, script: Serve, open_api: OpenApi
) -> None:
    pair = base64.b64encode(b"ann:s3cret").decode()
    server = script(said(status, message=f"Basic {pair} (ann:s3cret) is wrong"))
    with pytest.raises(TargetError) as caught:
        open_api(server.url, give_up_after_s=1).get("/projects")
    shown = everything_in(caught.value)
    assert "Basic *** (ann:***) is wrong" in str(caught.value)
    assert [form for form in ("s3cret", pair) if form in shown] == []


def _stumble(answer: Mapping[str, Any]) -> str:
    return "" if {answer["data"]["id"]} else "no ID"


@pytest.mark.parametrize("check", [_stumble, lambda _: "something else"], ids=["odd", "wrong"])
def test_password_in_an_answer_that_is_none_is_in_no_exception(
    check: Callable[[Mapping[str, Any]], str], script: Serve, open_api: OpenApi
) -> None:
    server = script(said(200, {"id": [], "name": "ann:s3cret"}))
    with pytest.raises(TargetError) as caught:
        open_api(server.url, give_up_after_s=1).get("/projects/7", check=check)
    assert "s3cret" not in everything_in(caught.value)


@pytest.mark.parametrize("value", ["t0ken\nof two lines", "t0ken \u20ac", "t0k en"])
def test_token_that_fits_no_header_is_none_and_in_no_exception(
    value: str, script: Serve, open_api: OpenApi
) -> None:
    server = script(token(value))
    api = open_api(server.url)
    basic = ClientLogin("client", lambda: "s3cret", remedy="check the secret")
    login = TokenLogin(lambda: fetch_token(api.connection, basic), remedy="check the secret")
    with pytest.raises(CredentialsError, match="the answer holds no token") as caught:
        open_api(server.url, login=login).get("/projects")
    assert "t0k" not in everything_in(caught.value)


def test_password_of_a_proxy_that_repeats_it_is_in_no_exception(
    script: Serve, open_api: OpenApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = base64.b64encode(b"bob:pr0xy!").decode()
    proxy = script(said(407, message=f"Basic {pair} (bob:pr0xy!) may not pass"))
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//bob:pr0xy%21@"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(TargetError) as caught:
        open_api("http://jama.invalid", give_up_after_s=1).get("/projects")
    shown = everything_in(caught.value)
    assert "Basic *** (bob:***) may not pass" in str(caught.value)
    assert [form for form in ("pr0xy!", "pr0xy%21", pair) if form in shown] == []
