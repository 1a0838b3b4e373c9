"""The section ``headers:``: what a gateway before the server wants with each request.

A value that comes from the environment is a secret, and is hidden wherever one of ours is. What
stands in the file itself is read by all who share it, so it must not be one.

No `from __future__ import annotations` in this module: pydantic needs the types at run time.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    InstanceOf,
    ValidationInfo,
    WithJsonSchema,
)

from pytest_jama.config.types import Allowed, mistake, surroundings_of
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.text import quoted


@dataclass(frozen=True, slots=True)
class OwnHeader:
    """The value of a header, which is shown nowhere.

    Attributes:
        value: What is sent.
        secrets: What must not be shown when somebody repeats it: first what environment variables
            gave to it, and once it is validated the whole of it, too.
    """

    value: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""Source: RFC 9110, section 5.6.2, `token`."""

_OURS = frozenset(
    [
        *("accept", "accept-encoding", "authorization", "connection", "content-encoding"),
        *("content-length", "content-type", "cookie", "expect", "host", "keep-alive"),
        *("proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "user-agent"),
    ]
)
"""Headers that say who we are, how an answer may look, or where a request ends; each kind of server
has more."""

_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]+")
_SECRET_NAME = re.compile(
    r"auth|token|secret|key|passw|credential|session|signature", re.IGNORECASE
)
_SECRET_VALUE = re.compile(
    r"(?:[Bb]earer|[Bb]asic|[Tt]oken)\s"
    r"|(?=[A-Za-z+/=]*[0-9])(?=[0-9+/=]*[A-Za-z])[A-Za-z0-9+/=]{20,}"
)
"""A scheme of authentication, or letters and digits that make neither a word nor a name; a UUID has
at most twelve of them together."""


def _mapping(value: object) -> object:
    if value is None:
        return {}
    if not isinstance(value, dict):  # what it is may be a secret, so it is not shown
        raise mistake("is not a mapping", remedy="write `Name: ${VARIABLE}` lines below it")
    return value


def _name(value: str, info: ValidationInfo) -> str:
    if not _NAME.fullmatch(value):
        raise mistake(
            "is not the name of a header", remedy="use letters, digits and hyphens: X-Gateway-Key"
        )
    kind = surroundings_of(info).kind
    if value.lower() in _OURS | kind.own_headers:
        pair = kind.pairs[0]
        raise mistake(
            "is a header of pytest-jama itself",
            remedy=f"remove it; credentials come from {pair.name} and {pair.secret}",
        )
    return value


def _header(value: object) -> OwnHeader:
    header = OwnHeader(value) if isinstance(value, str) else value
    text = header.value.strip() if isinstance(header, OwnHeader) else ""
    if not isinstance(header, OwnHeader) or not text:
        raise mistake("has no text as value", remedy="give one: ${VARIABLE}")
    if not _VALUE.fullmatch(text):  # what was read from a file often ends with a line break
        raise mistake(
            "has a value with a line break or a character that HTTP cannot carry",
            remedy="correct the file, or the variable that it comes from",
        )
    secrets = dict.fromkeys(filter(None, (each.strip() for each in header.secrets)))
    return OwnHeader(text, tuple({**secrets, text: None}) if secrets else ())


def _without_secrets(headers: dict[str, OwnHeader]) -> dict[str, OwnHeader]:
    folded = [name.lower() for name in headers]
    for name, header in headers.items():
        if folded.count(name.lower()) > 1:
            raise mistake(
                f"has {quoted(name)} twice, in another spelling", remedy="remove one of them"
            )
        if not header.secrets and _seems_secret(name, header.value):
            raise mistake(
                f"has the value of {quoted(name)}, which seems to be a secret, in a file that "
                "people share",
                remedy="write ${VARIABLE} instead and set that variable in the environment, in CI "
                "as a masked secret; if the file was committed, change the secret, too",
            )
    return headers


def _seems_secret(name: str, value: str) -> bool:
    is_named_so = bool(_SECRET_NAME.search(name))
    return is_named_so or bool(_SECRET_VALUE.search(value)) or bool(Redactor().hide(value).passages)


Headers = Annotated[
    dict[
        Annotated[str, BeforeValidator(_name)],
        Annotated[InstanceOf[OwnHeader], BeforeValidator(_header)],
    ],
    BeforeValidator(_mapping),
    AfterValidator(_without_secrets),
    WithJsonSchema(
        {
            "type": ["object", "null"],
            "propertyNames": {"pattern": rf"^{_NAME.pattern}$"},
            "additionalProperties": {"type": "string", "minLength": 1},
        }
    ),
    Allowed("a mapping of name to value, such as {X-Gateway-Key: '${GATEWAY_KEY}'}"),
]


def secrets_of(headers: Mapping[str, OwnHeader]) -> Iterator[str]:
    """Yield what of headers must not be shown."""
    for header in headers.values():
        yield from header.secrets


def values_of(headers: Mapping[str, OwnHeader]) -> dict[str, Any]:
    """Return headers as they are sent."""
    return {name: header.value for name, header in headers.items()}
