"""Secrets taken out of what a server says: some repeat the very header that they refuse."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HIDDEN = "***"

_SHORTEST = 4
"""Shorter ones are in many words, and not secrets."""


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return a text without secrets, in whatever form a server writes them.

    Args:
        text: What the server said.
        secrets: Passwords, tokens, values of headers.
    """
    written = (each for secret in secrets for each in _as_written(secret))
    forms = {form for each in written for form in _forms(each) if len(form) >= _SHORTEST}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


def _as_written(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as a server or a library takes it in a wrong encoding."""
    yield secret
    if not secret.isascii():
        yield secret.encode().decode("latin-1")
        yield secret.encode("ascii", "replace").decode("ascii")


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield " ".join(secret.split())
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield base64.b64encode(secret.encode()).decode("ascii")
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield encoded
        yield _lower_escapes(encoded)


def _lower_escapes(encoded: str) -> str:
    first, *parts = encoded.split("%")
    return "%".join((first, *(part[:2].lower() + part[2:] for part in parts)))
