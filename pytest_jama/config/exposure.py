"""What a user is warned of: ways in which credentials can be read or taken on their way."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pytest_jama.config.models import SharedSettings


def describe_exposure(settings: SharedSettings) -> tuple[str, ...]:
    """Say in which ways others can read or take the credentials on their way to the server."""
    said = []
    parts = urlsplit(settings.url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        said.append(
            f"{settings.url} is not encrypted: whoever is on the way can read the credentials and "
            "change results; use https"
        )
    if settings.tls.verify is False:
        said.append(
            "tls.verify is false, so that any server can take the credentials in the place of "
            "yours; name its CA bundle instead: `tls: {verify: FILE}`"
        )
    return tuple(said)


def _is_loopback(host: str) -> bool:
    """Return whether what is sent to a host does not leave this machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.rstrip(".") == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
