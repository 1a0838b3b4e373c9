"""Requests that brought no usable answer, in our own words.

The exceptions of `requests` end here: `describe_failure` looks each one up in a table and never
shows their text, which may hold addresses of proxies; only the system's own reason is quoted.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from requests import exceptions as foreign

from pytest_jama.core.text import clean, first_line, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping


_WRONG_URL = "check `url`"
_WRONG_PROXY = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
_WRONG_HOST = "check `url`, and that this machine reaches that host"
_NO_TLS_THERE = "check `url`: it says https, and the server does not speak that at this port"
_WRONG_TLS = "check `tls.verify` (the path of a CA bundle for a private CA) and `tls.client_cert`"


class TransientError(Exception):
    """One attempt brought no usable answer; the next one may.

    Args:
        reason: What happened, in a few words.
        more: What follows them in the message that ends all attempts.
        http_status: The status of the answer; 0 when there was none.
        retry_after_s: How long the server asks us to wait; None when it does not say.
        may_have_happened: Whether the server may have done what was asked for.
        at_once: Whether the next attempt needs no pause.
        is_foreign: Whether all seemed to be well, but the answer was nothing like JSON.
    """

    def __init__(
        self,
        reason: str,
        *,
        more: str = "",
        http_status: int = 0,
        retry_after_s: float | None = None,
        may_have_happened: bool = True,
        at_once: bool = False,
        is_foreign: bool = False,
    ) -> None:
        super().__init__(reason + more)
        self.reason = reason
        self.http_status = http_status
        self.retry_after_s = retry_after_s
        self.may_have_happened = may_have_happened
        self.at_once = at_once
        self.is_foreign = is_foreign


class UntrustedAnswerError(OSError):
    """An answer does not say plainly where it begins and ends.

    Args:
        what: What is wrong with it.
    """

    def __init__(self, what: str) -> None:
        super().__init__(0, what)


class ClosedConnectionError(foreign.ConnectionError):
    """The server had closed a connection that worked before, and answered nothing on it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What an exception of the HTTP library means to us.

    Attributes:
        reason: What happened.
        is_transient: Whether another attempt may succeed.
        may_have_happened: Whether the server may have received the request.
        remedy: What the user can do about it; empty when only waiting helps.
        at_once: Whether the next attempt needs no pause.
    """

    reason: str
    is_transient: bool = True
    may_have_happened: bool = True
    remedy: str = ""
    at_once: bool = False

    def __str__(self) -> str:
        return f"{self.reason}; {self.remedy}" if self.remedy else self.reason


def _permanent(reason: str, remedy: str) -> Failure:
    return Failure(reason, is_transient=False, may_have_happened=False, remedy=remedy)


FAILURES: Mapping[type[OSError], Failure] = {
    foreign.ConnectTimeout: Failure("no connection in time", may_have_happened=False),
    foreign.ReadTimeout: Failure("no answer in time"),
    foreign.Timeout: Failure("no answer in time"),
    foreign.ProxyError: Failure(
        "no way through the proxy", may_have_happened=False, remedy=_WRONG_PROXY
    ),
    foreign.SSLError: Failure("no secure connection", remedy=_WRONG_TLS),
    foreign.ConnectionError: Failure("connection failed"),
    foreign.ChunkedEncodingError: Failure("the answer broke off"),
    foreign.ContentDecodingError: Failure("the answer is garbled"),
    foreign.JSONDecodeError: Failure("the answer is not JSON"),
    foreign.InvalidJSONError: Failure("the answer is not JSON"),
    foreign.RetryError: Failure("too many attempts"),
    foreign.StreamConsumedError: Failure("the answer broke off"),
    foreign.HTTPError: Failure("the answer is an error"),
    foreign.UnrewindableBodyError: _permanent("the request cannot be repeated", _WRONG_PROXY),
    foreign.TooManyRedirects: _permanent("too many redirects", _WRONG_URL),
    foreign.URLRequired: _permanent("no address", _WRONG_URL),
    foreign.MissingSchema: _permanent("the address has no scheme", _WRONG_URL),
    foreign.InvalidSchema: _permanent("the address is not http or https", _WRONG_URL),
    foreign.InvalidProxyURL: _permanent("the address of the proxy is malformed", _WRONG_PROXY),
    foreign.InvalidURL: _permanent("the address is malformed", _WRONG_URL),
    foreign.InvalidHeader: _permanent("the credentials hold characters HTTP cannot carry", ""),
    foreign.RequestException: Failure("the request failed"),
    # Unreadable certificate files end up here: requests raises a bare OSError for a missing bundle.
    OSError: _permanent("a certificate file cannot be used", _WRONG_TLS),
}
"""What each exception of the HTTP library means; the nearest base class counts."""

_BAD_CERTIFICATE = (
    "CERTIFICATE_VERIFY_FAILED",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
    "NO_CERTIFICATE_OR_CRL_FOUND",
    "KEY_VALUES_MISMATCH",
    "PEM lib",
)
"""TLS failures that another attempt does not cure.

Source: OpenSSL 3.0 migration guide for the second one.
"""


def describe_failure(exc: OSError) -> Failure:
    """Say what an exception of the HTTP library means, with the system's own reason."""
    if isinstance(exc, ClosedConnectionError):
        return Failure("the server had closed the connection", at_once=True)
    untrusted = next((e for e in _chain(exc) if isinstance(e, UntrustedAnswerError)), None)
    if untrusted is not None:
        return Failure(f"the answer cannot be trusted ({untrusted.strerror})")
    kinds = (kind for kind in type(exc).__mro__ if issubclass(kind, OSError) and kind in FAILURES)
    known = FAILURES[next(kinds)]
    detail = _find_detail(exc)
    is_permanent = any(sign in detail for sign in _BAD_CERTIFICATE)
    return Failure(
        reason=f"{known.reason} ({detail})" if detail else known.reason,
        is_transient=known.is_transient and not is_permanent,
        may_have_happened=known.may_have_happened and not (is_permanent or _found_nobody(exc)),
        remedy=_find_remedy(exc, known, detail),
    )


def _find_remedy(exc: OSError, known: Failure, detail: str) -> str:
    if "WRONG_VERSION_NUMBER" in detail:
        return _NO_TLS_THERE
    return known.remedy or (_WRONG_HOST if _found_nobody(exc) else "")


def _found_nobody(exc: OSError) -> bool:
    """Return whether there was no connection, so that no server got the request."""
    return any(isinstance(link, (socket.gaierror, ConnectionRefusedError)) for link in _chain(exc))


def without_frames(exc: BaseException) -> BaseException:
    """Cut the tracebacks off an exception and all it was caused by.

    The frames of the HTTP library hold headers, and with them passwords and tokens; test frameworks
    and error trackers print the variables of frames.
    """
    seen: set[int] = set()
    link: BaseException | None = exc
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return exc


def _find_detail(exc: BaseException) -> str:
    """Return the words of the system at the bottom of an exception: ``Connection refused``."""
    for link in reversed(list(_chain(exc))):
        if isinstance(link, ssl.SSLError):
            return shorten(clean(getattr(link, "reason", None) or str(link)), at_most=120)
        if isinstance(link, OSError) and link.strerror:
            return shorten(clean(first_line(link.strerror)), at_most=120)
    return ""


def _chain(exc: BaseException) -> list[BaseException]:
    """Follow an exception to its origin, also through `args` and `reason` as urllib3 nests them."""
    found: list[BaseException] = []
    waiting: list[object] = [exc]
    while waiting:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or any(link is known for known in found):
            continue
        found.append(link)
        waiting += [*link.args, getattr(link, "reason", None), link.__cause__, link.__context__]
    return found
