from __future__ import annotations

from pathlib import Path

import pytest

from pytest_jama.targets.http.transport import find_ca_bundle, open_session


@pytest.mark.parametrize(
    "verify, environ, expected",
    [
        (True, {}, True),
        (False, {"SSL_CERT_FILE": "/ca.pem"}, False),
        (True, {"SSL_CERT_FILE": "/ca.pem"}, "/ca.pem"),
        (True, {"CURL_CA_BUNDLE": "/curl.pem", "SSL_CERT_FILE": "/ca.pem"}, "/curl.pem"),
        (True, {"REQUESTS_CA_BUNDLE": "/r.pem", "CURL_CA_BUNDLE": "/curl.pem"}, "/r.pem"),
        (True, {"REQUESTS_CA_BUNDLE": ""}, True),
        (Path("/mine.pem"), {"REQUESTS_CA_BUNDLE": "/r.pem"}, "/mine.pem"),
    ],
)
def test_the_users_bundle_beats_the_environments(
    verify: bool | Path, environ: dict[str, str], expected: bool | str
) -> None:
    assert find_ca_bundle(verify, environ) == expected


def test_proxies_are_taken_from_the_environment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "jama.local")
    assert open_session("https://acme.example").proxies["https"] == "http://proxy.example:3128"
    assert open_session("https://jama.local").proxies == {}


def test_the_environment_cannot_replace_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETRC", "/somebody's/netrc")
    assert open_session("https://acme.example").trust_env is False


def test_the_pool_has_room_for_all_threads() -> None:
    adapter = open_session("https://acme.example", connections=17).get_adapter("https://x")
    assert vars(adapter)["_pool_maxsize"] == 17
