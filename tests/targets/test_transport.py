from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.config import load_settings
from pytest_jama.core.errors import RefusedError
from pytest_jama.targets.http.transport import find_ca_bundle, open_session
from pytest_jama.targets.jama.connect import open_api
from tests.config.values import write
from tests.every import every
from tests.targets.scripted import said, token

if TYPE_CHECKING:
    from tests.targets.conftest import Serve


@every(
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


def test_headers_of_the_settings_are_sent_with_each_request_and_not_shown(
    script: Serve, tmp_path: Path
) -> None:
    echo = said(403, message="Gate g4te-key is closed to g4te-key of acme")
    server = script(token(), said(200), echo)
    write(
        tmp_path,
        f"url: {server.url}\nproject: P\nplan: A\ncycle: B\n"
        "headers: {X-Gate: 'Gate ${GATE_KEY}', X-Tenant: acme}\n",
    )
    client = {"JAMA_CLIENT_ID": "client", "JAMA_CLIENT_SECRET": "s3cret"}
    loaded = load_settings(
        start=tmp_path, file=None, flags={}, environ={**client, "GATE_KEY": "g4te-key"}
    )
    api = open_api(loaded.settings, clocks=None, read_timeout_s=5)
    api.get("/projects")
    with pytest.raises(RefusedError, match=r": \*\*\* is closed to \*\*\* of acme; "):
        api.get("/projects")
    api.connection.close()
    sent = [(seen.headers["X-Gate"], seen.headers["X-Tenant"]) for seen in server.seen]
    assert sent == [("Gate g4te-key", "acme")] * 3
    assert [seen.headers["Accept"] for seen in server.seen] == ["application/json"] * 3
