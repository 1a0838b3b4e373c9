"""Why Jama refuses, and who has to do what about it: the one table of that.

Jama says the same in different words and with different statuses from version to version, and a
gateway before it says something else again. So a cause is told by words, status and the request;
the first row that fits counts. No document lists what Jama says: patterns are wide, and the words
themselves are always shown beside the remedy.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pytest_jama.targets.http.request import Cause, Scope

FOR_CLIENT = (
    "check JAMA_CLIENT_ID and JAMA_CLIENT_SECRET (API credentials of your Jama profile); "
    "a self-hosted Jama before 8.62 takes JAMA_USERNAME and JAMA_PASSWORD instead"
)
"""Where client ID and secret are not accepted."""

FOR_USER = (
    "check JAMA_USERNAME and JAMA_PASSWORD; where single sign-on is enabled Jama takes "
    "JAMA_CLIENT_ID and JAMA_CLIENT_SECRET only"
)
"""Where user name and password are not accepted. Source: Jama help, API authentication."""

SIGN_ON = (
    "a program cannot sign in there; set JAMA_CLIENT_ID and JAMA_CLIENT_SECRET (API credentials of "
    "your Jama profile) instead of a password, and ask who runs the sign-on to let requests to "
    "/rest through without it"
)
"""Where a login for people answers in the place of Jama."""

_ACCESS_LIST = (
    "this account may not use the REST API: ask an administrator of Jama to add it, or a group of "
    "it, at Admin > Organization > REST API > Add access (since Jama Connect 9.17; without access "
    "control, to have the REST API switched on)"
)
_LICENSE = (
    "this account has no license for the REST API: ask an administrator of Jama to give it a Named "
    "Creator license (a floating Creator and a Test Runner license are not enough), or use the API "
    "credentials of an account that has one"
)
_LOCKED_ACCOUNT = (
    "this account is locked, which too many wrong passwords do: ask an administrator of Jama to "
    "unlock it, and stop other jobs that still use an old password, or it is locked again"
)
_INACTIVE_ACCOUNT = (
    "this account or its API credentials are switched off: ask an administrator of Jama to "
    "activate the account, then make new API credentials in its profile"
)
_EXPIRED = (
    "or the credentials are too old: make new API credentials in the Jama profile of the account, "
    "or set a new password, and change them where the job has them"
)
_NO_PASSWORDS = (
    "where single sign-on is enabled Jama takes API credentials only: set JAMA_CLIENT_ID and "
    "JAMA_CLIENT_SECRET (made in your Jama profile) instead of JAMA_USERNAME and JAMA_PASSWORD"
)
_GATEWAY = (
    "that seems not to come from Jama but from a gateway or proxy before it: ask who runs that to "
    "let this job through to /rest, or which header it wants (`headers` in jama.yaml)"
)
_SIGN_ON_PAGE = f"that is a page of single sign-on: {SIGN_ON}"
_PROXY = (
    "the proxy wants a login of its own: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or ask who "
    "runs the proxy"
)
_ANY_OF_THESE = (
    "Jama knows this account and does not let it in: ask an administrator of Jama whether it is on "
    "the list at Admin > Organization > REST API (since Jama Connect 9.17), whether it has a Named "
    "Creator license, and whether it may read the project"
)
_MAINTENANCE = (
    "Jama is under maintenance: ask its administrator until when, then send the results again"
)
_BUSY = (
    "either all tools of this Jama together ask for too much (they share its limit): lower "
    "`upload.rate`; or it is under maintenance, when it says the same: ask its administrator"
)
_NONE_ADMITTED = (
    "Jama is set up to admit no requests: ask its administrator for `api.throttler.concurrentLimit`"
)
_UNLOCK = "have it unlocked in Jama, then report again"
_NO_TOKENS = (
    "no token can be fetched from this address: check `url`, with its context path; a self-hosted "
    "Jama before 8.62 takes JAMA_USERNAME and JAMA_PASSWORD instead"
)


def _right(needed: str, otherwise: str = "") -> str:
    return (
        f"this account lacks a right: ask an administrator for {needed} (Admin > Permissions; a "
        f"component or set may have its own){otherwise}"
    )


_CREATE_EDIT = "`Project Create/Edit` in this project"
_WIDGET = (
    "ask an administrator of Jama to enable the Attachments widget for the item type Test run (for "
    "files of a plan: Test plan): Admin > Organization > Item types > Widgets"
)
_TOO_LARGE = (
    "Jama, or a proxy before it, takes no file of this size: ask its administrator for the limit, "
    "or set `evidence.max_file` in jama.yaml below it"
)
_NO_FILES = ", and whether the project and the item type allow attachments"
_PREPARED = (
    ", or somebody who has it for running `pytest-jama prepare`, which makes plan, cycle and runs"
)


def _in_words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _of_account(
    words: str, remedy: str, *, statuses: frozenset[int] = frozenset({401, 403})
) -> tuple[Cause, Cause]:
    """Return a cause that concerns all requests; a login may also be answered with 400 for it."""
    told = Cause(statuses=statuses, words=_in_words(words), remedy=remedy, scope=Scope.ACCOUNT)
    return told, replace(told, statuses={400}, at_login=True)


_API = r"\bAPI\b(?![ -]?(?:credential|client|token|secret|key))"
_NO = r"\b(?:not|no|cannot|denied|forbidden|restricted|disabled|off)\b"
_LICENSES = r"\blicen[cs](?:e|es|ed|ing)\b|named creator|test runner|\bfloating\b"
_SWITCHED_OFF = r"\b(?:disabled|deactivated|inactive|not active|revoked|suspended|blocked)\b"
_ACCOUNT = r"\b(?:account|user|client|credentials?)\b"
_LOCK = _in_words(r"\block(?:ed|s)?\b")
_SINGLE_SIGN_ON = r"single sign|\bSSO\b|\bSAML\b|identity provider|\bIdP\b"
_WRITES = re.compile(r"(?:PATCH|PUT|POST) .*/(?:testruns|testplans|testcycles|items)\b")
_LETS_NONE_IN = frozenset({401, 403})

CAUSES: tuple[Cause, ...] = (
    Cause(statuses={407}, remedy=_PROXY),
    # Source: Jama's Python client takes 429 for "system under maintenance", too.
    Cause(statuses={429, *range(500, 600)}, words=_in_words("maintenance"), remedy=_MAINTENANCE),
    # Source: Jama REST API cookbook, throttling chapter: a limit of 0 refuses all.
    Cause(statuses={429}, words=_in_words("no requests allowed"), remedy=_NONE_ADMITTED),
    Cause(statuses={429}, remedy=_BUSY),
    Cause(statuses={404, 405}, asks=re.compile("POST .*/oauth/token$"), remedy=_NO_TOKENS),
    # Source: Jama help, REST API access needs a Named Creator license since Connect 9.4.
    *_of_account(_LICENSES, _LICENSE, statuses=frozenset({401, 402, 403})),
    # Source: Jama support, too many wrong logins with a password lock the account.
    *_of_account(
        r"\baccount\b(?:\s[^\s:;]{1,40}){0,4}\slock(?:ed)?\b|\block(?:ed)?[ -]?out\b"
        r"|(?:too many|failed)[^.;]{0,30}(?:attempts|log-?ins|passwords)",
        _LOCKED_ACCOUNT,
        statuses=frozenset({401, 403, 423}),
    ),
    # Source: Jama help, REST API access control: 403, "This user is not permitted to use the API".
    *_of_account(rf"{_NO}[^.;]{{0,60}}{_API}|{_API}[^.;]{{0,60}}{_NO}", _ACCESS_LIST),
    *_of_account(
        rf"{_ACCOUNT}[^.;]{{0,40}}{_SWITCHED_OFF}|{_SWITCHED_OFF} {_ACCOUNT}", _INACTIVE_ACCOUNT
    ),
    # Source: Jama REST API cookbook, attachments: the widget has to be there for the item type.
    Cause(
        statuses={400, 403, 404, 409, 422},
        words=_in_words(r"\bwidgets?\b"),
        asks=re.compile("POST .*/attachments$"),
        remedy=_WIDGET,
    ),
    Cause(statuses={413}, asks=re.compile("PUT .*/attachments/[0-9]+/file$"), remedy=_TOO_LARGE),
    # No document names the status of a refusal that is about a lock.
    Cause(statuses={423}, asks=_WRITES, remedy=_UNLOCK, scope=Scope.LOCK),
    Cause(statuses={400, 403, 409}, words=_LOCK, asks=_WRITES, remedy=_UNLOCK, scope=Scope.LOCK),
    Cause(statuses={423}, at_login=True, remedy=_LOCKED_ACCOUNT, scope=Scope.ACCOUNT),
    Cause(
        statuses={400, 401, 403},
        words=_LOCK,
        at_login=True,
        remedy=_LOCKED_ACCOUNT,
        scope=Scope.ACCOUNT,
    ),
    Cause(
        statuses={400, 401, 403},
        words=_in_words(r"\bexpired\b"),
        at_login=True,
        remedy=_EXPIRED,
        scope=Scope.ACCOUNT,
        is_guess=True,
    ),
    Cause(
        statuses=_LETS_NONE_IN,
        in_page=True,
        words=_in_words(rf"{_SINGLE_SIGN_ON}|\b(?:sign|log)[ -]?(?:in|on)\b"),
        remedy=_SIGN_ON_PAGE,
    ),
    *_of_account(f"{_SINGLE_SIGN_ON}|basic auth", _NO_PASSWORDS),
    Cause(statuses={402, 403}, words=_in_words(_LICENSES), remedy=_LICENSE),
    # What common gateways say instead of a page.
    Cause(
        statuses=_LETS_NONE_IN,
        words=_in_words(
            r"\bAPI[ -]?key\b|subscription[ -]key|missing authentication token|\bRBAC\b"
            "|cloudflare|zscaler|akamai|incapsula|nginx|envoy|istio"
        ),
        remedy=_GATEWAY,
        is_guess=True,
    ),
    Cause(statuses=_LETS_NONE_IN, in_page=True, remedy=_GATEWAY, is_guess=True),
    Cause(statuses={403}, at_login=True, remedy=_ANY_OF_THESE, is_guess=True),
    # Source: Jama support, overview of permissions: `Project Read`, `Project Create/Edit`.
    Cause(
        statuses={403},
        asks=re.compile("(?:PATCH|PUT) .*/testruns/"),
        remedy=_right(f"{_CREATE_EDIT}, which writing test runs takes"),
    ),
    Cause(
        statuses={403},
        asks=re.compile("(?:POST|PUT) .*/attachments"),
        remedy=_right(f"{_CREATE_EDIT}, which adding files takes", _NO_FILES),
    ),
    Cause(
        statuses={403},
        asks=re.compile("(?:POST|PUT) .*/(?:testplans|testgroups|testcases|testcycles)"),
        remedy=_right(f"{_CREATE_EDIT}, which making plans and cycles takes", _PREPARED),
    ),
    Cause(statuses={403}, asks=re.compile("GET "), remedy=_right("`Project Read` in this project")),
    Cause(statuses={403}, remedy=_right(_CREATE_EDIT)),
)
"""From the plainest words to what can only be guessed from status and request."""
