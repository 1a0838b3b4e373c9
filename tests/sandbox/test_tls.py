"""The sandbox over https: a private CA, a wrong one, client certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import requests
import trustme

from pytest_jama.sandbox.faults import RandomFault
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.serving import SandboxError, Tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Files:
    """PEM files: the server's, those of its CA, and those of a client."""

    certificate: Path
    key: Path
    ca: Path
    client: Path
    other_ca: Path
    other_client: Path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("tls")
    ca, other_ca = trustme.CA(), trustme.CA()
    server = ca.issue_cert("127.0.0.1")
    names = ("certificate", "key", "ca", "client", "other_ca", "other_client")
    files = Files(*(folder / f"{name}.pem" for name in names))
    server.cert_chain_pems[0].write_to_path(files.certificate)
    server.private_key_pem.write_to_path(files.key)
    ca.cert_pem.write_to_path(files.ca)
    ca.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(files.client)
    other_ca.cert_pem.write_to_path(files.other_ca)
    other_ca.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(files.other_client)
    return files


@pytest.fixture(scope="module")
def https(files: Files) -> Iterator[Sandbox]:
    with Sandbox(tls=Tls(certificate=files.certificate, key=files.key)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def strict(files: Files) -> Iterator[Sandbox]:
    tls = Tls(certificate=files.certificate, key=files.key, client_ca=files.ca)
    with Sandbox(tls=tls) as sandbox:
        yield sandbox


def status(sandbox: Sandbox, *, ca: Path, client: Path | None = None) -> int:
    credentials = (sandbox.credentials.username, sandbox.credentials.password)
    return requests.get(
        f"{sandbox.url}/rest/v1/users/current",
        auth=credentials,
        verify=str(ca),
        cert=None if client is None else str(client),
        timeout=10,
    ).status_code


def test_https_is_served_to_those_who_know_the_ca(https: Sandbox, files: Files) -> None:
    assert https.url.startswith("https://127.0.0.1:")
    assert status(https, ca=files.ca) == 200


def test_a_client_with_another_ca_finds_out(https: Sandbox, files: Files) -> None:
    with pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"):
        status(https, ca=files.other_ca)


def test_a_client_is_asked_for_its_certificate(strict: Sandbox, files: Files) -> None:
    assert status(strict, ca=files.ca, client=files.client) == 200
    for client in (None, files.other_client):
        with pytest.raises(requests.ConnectionError):
            status(strict, ca=files.ca, client=client)


def test_links_in_answers_are_https(https: Sandbox, files: Files) -> None:
    answer = requests.get(f"{https.url}/rest", verify=str(files.ca), timeout=10)
    assert answer.json()["data"][0]["href"] == f"{https.url}/rest/v1"


@pytest.mark.parametrize("kind", ["reset-before", "drop-after", "truncate"])
def test_connections_break_under_tls_as_well(https: Sandbox, files: Files, kind: str) -> None:
    with (
        https.faults.during(RandomFault(kind)),
        pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)),
    ):
        status(https, ca=files.ca)
    assert status(https, ca=files.ca) == 200


def test_files_that_are_no_certificates_are_refused_at_once(files: Files, tmp_path: Path) -> None:
    tls = Tls(certificate=tmp_path / "missing.pem", key=files.key)
    with pytest.raises(SandboxError, match=r"TLS is not possible with .*missing\.pem"):
        Sandbox(tls=tls).start()
    tls = Tls(certificate=files.certificate, key=files.key, client_ca=files.key)
    with pytest.raises(SandboxError, match=r"TLS is not possible with .*key\.pem"):
        Sandbox(tls=tls).start()
