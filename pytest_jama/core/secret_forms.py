"""Where a text holds what is a secret by its own form: tokens, keys, URLs with a password. Pure.

No pattern repeats a repetition, each repetition of
foreign text has an upper bound, and what was found is not searched again: the time grows with the
length of the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_jama.core.secret_signs import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.core.key_values import Span


def find_certain(text: str) -> Iterator[Span]:
    """Yield what is a secret by its own form, also in the middle of our own sentences."""
    for pattern in (_TOKENS, _JWT):
        yield from (match.span() for match in pattern.finditer(text))
    if "://" in text:
        yield from _find_user_info(text)
    if "PRIVATE KEY" in text:
        yield from _find_private_keys(text)


_TOKENS = re.compile(
    r"""(?<![A-Za-z0-9])(?:
      (?:AKIA|ASIA)[A-Z0-9]{12,124}
    | gh[pousr]_[A-Za-z0-9_.\-]{8,512}
    | github_pat_\w{8,255}
    | gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct|wt)-[\w.\-]{8,255}
    | xox[a-z](?:\.xox[a-z])?-[\w\-]{8,512}
    | xapp-[\w\-]{8,512}
    | AIza[\w\-]{16,64}
    | GOCSPX-[\w\-]{8,64}
    | ya29\.[\w\-]{8,2048}
    | npm_[A-Za-z0-9]{16,64}
    | pypi-AgE[\w\-]{8,1024}
    | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,255}
    | whsec_[A-Za-z0-9+/=]{8,255}
    | sk-(?=[\w\-]{0,255}[0-9A-Z])[\w\-]{20,255}
    | SG\.[\w\-]{16,64}\.[\w\-]{16,64}
    | hf_[A-Za-z0-9]{16,64}
    | hv[sbr]\.[\w\-]{16,512}
    | do[opr]_v1_[0-9a-f]{16,128}
    | shp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,64}
    | dckr_(?:pat|oat)_[\w\-]{8,64}
    | dapi[0-9a-f]{32}
    | AT(?:ATT3|BB|CTT3)[\w\-=]{16,512}
    | AGE-SECRET-KEY-1[A-Z0-9]{16,128}
    )
    | (?<=hooks\.slack\.com/services/)[\w/]{8,128}
    """,
    re.VERBOSE,
)
"""Keys and tokens that say themselves whose they are.

Shorter ones than the vendors issue count as well: a text may have been cut in the middle of one.

Sources: AWS IAM User Guide, IAM identifiers; GitHub docs, about authentication (token formats);
GitLab docs, token overview (prefixes); Slack API, token types, incoming webhooks; Google Cloud,
API keys; npm docs, about access tokens; PyPI help, API tokens; Stripe docs, API keys; OpenAI,
Hugging Face, SendGrid, HashiCorp Vault, DigitalOcean, Shopify, Docker, Databricks, Atlassian and
age: their documentation on tokens.
"""

_JWT = re.compile(r"eyJ[\w\-]{8,}(?:\.[\w\-]*){0,4}=*")
"""A JSON Web Token, or anything else that begins with a JSON object in base64. Source: RFC 7519."""

_USER_INFO = re.compile(
    r"(?<=[A-Za-z0-9])://(?P<user>[^\s/@:\"'<>\\]{0,256})(?::(?P<password>[^\s/\"'<>\\]{0,512}))?@"
)
_USER_ALONE = ("ssh", "sftp", "git", "svn")
"""The schemes of URLs in which a name alone is not a secret: ``ssh://git@host``."""


def _find_user_info(text: str) -> Iterator[Span]:
    for match in _USER_INFO.finditer(text):
        password = match["password"]
        if password is not None:
            span = match.span("password")
        elif text[max(0, match.start() - 8) : match.start()].lower().endswith(_USER_ALONE):
            continue
        else:
            span = match.span("user")
        if span[0] < span[1] and text[slice(*span)] != HIDDEN:
            yield span


_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINE = re.compile(r"[\s>|\"',]{0,8}(?:\\{1,4}[nrt]){0,2}[A-Za-z0-9+/=]{16,128}")
_KEY_REST = re.compile(r"[\s>|\"',]{0,8}(?:\\{1,4}[nrt]){0,2}[A-Za-z0-9+/=]{0,128}\W{0,4}\Z")
_LONGEST_KEY = 16_384


def _find_private_keys(text: str) -> Iterator[Span]:
    """Yield the private keys in PEM: what stands between the lines that name them.

    One that breaks off is hidden as far as there are lines of a key.
    """
    at, next_end = 0, -1
    while begin := _KEY_BEGIN.search(text, at):
        at = begin.end()
        if next_end < at:
            found = _KEY_END.search(text, at)
            next_end = found.start() if found else len(text) + _LONGEST_KEY + 1
        end = next_end if next_end - at <= _LONGEST_KEY else _end_of_lines(text, at)
        if text[at:end].strip(_AROUND_KEY) not in ("", HIDDEN):
            yield at, end
        at = end


def _end_of_lines(text: str, at: int) -> int:
    while line := _KEY_LINE.match(text, at):
        at = line.end()
    rest = _KEY_REST.match(text, at)
    return rest.end() if rest else at


_AROUND_KEY = " \t\r\n\\nr"
