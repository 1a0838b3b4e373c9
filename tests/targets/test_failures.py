from __future__ import annotations

import socket
import ssl

import requests

from pytest_jama.targets.http.failures import FAILURES, describe_failure
from tests.every import every


def _exceptions_of_requests() -> set[type[Exception]]:
    return {
        each
        for each in vars(requests.exceptions).values()
        if isinstance(each, type) and issubclass(each, requests.RequestException)
    }


def test_every_exception_of_the_library_is_in_the_table() -> None:
    assert _exceptions_of_requests() - set(FAILURES) == set()


def test_the_table_has_nothing_else_but_the_systems_own() -> None:
    assert set(FAILURES) - _exceptions_of_requests() == {OSError}


def test_an_exception_that_is_not_in_the_table_is_taken_for_its_nearest_base() -> None:
    class NewError(requests.ReadTimeout):
        pass

    assert describe_failure(NewError()).reason == "no answer in time"


@every(
    "exc, is_transient",
    [
        (requests.ConnectionError(), True),
        (requests.exceptions.SSLError("EOF occurred in violation of protocol"), True),
        (requests.exceptions.InvalidURL(), False),
        (requests.exceptions.InvalidProxyURL("http://ann:s3cret@proxy"), False),
        (OSError("Could not find a suitable TLS CA certificate bundle"), False),
    ],
)
def test_only_some_failures_are_worth_another_attempt(exc: OSError, is_transient: bool) -> None:
    failure = describe_failure(exc)
    assert failure.is_transient is is_transient
    assert "s3cret" not in str(failure)


@every(
    "cause, remedy",
    [
        (socket.gaierror(-2, "Name or service not known"), "check `url`, and that this machine"),
        (ConnectionRefusedError(111, "Connection refused"), "check `url`, and that this machine"),
        (ConnectionResetError(104, "Connection reset by peer"), ""),
    ],
)
def test_a_host_that_is_not_there_is_perhaps_the_wrong_one(cause: OSError, remedy: str) -> None:
    failure = describe_failure(requests.ConnectionError(cause))
    assert failure.reason == f"connection failed ({cause.strerror})"
    assert failure.remedy.startswith(remedy)
    assert bool(failure.remedy) is bool(remedy)


def test_https_where_nobody_speaks_it_is_a_wrong_address() -> None:
    cause = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    failure = describe_failure(requests.exceptions.SSLError(cause))
    assert "it says https" in failure.remedy
