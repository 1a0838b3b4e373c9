"""The section ``redact:``, and the values of ours that are hidden in any case.

No `from __future__ import annotations` in this module: pydantic needs the types at run time.
"""

import re
import warnings
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import unquote

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from pytest_jama.config.environment import value_of
from pytest_jama.config.kinds import KINDS, SECRET_VARIABLES
from pytest_jama.config.types import Allowed, Section, YesOrNo, mistake


def _patterns(value: object) -> tuple[re.Pattern[str], ...]:
    """Compile the patterns of what is hidden; messages do not repeat them, they may be secrets."""
    several = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    return tuple(_compile_hidden(each, number) for number, each in enumerate(several, 1))


def _compile_hidden(value: object, number: int) -> re.Pattern[str]:
    if not isinstance(value, str) or not value:
        raise mistake(f"has no text as pattern {number}", remedy="write a regular expression there")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pattern = re.compile(value)
    except (re.error, OverflowError, RecursionError) as exc:
        raise mistake(
            f"has a pattern {number} that is not a regular expression: {exc}",
            remedy="correct it; in double quotes, YAML needs each backslash twice",
        ) from None
    if pattern.match(""):
        raise mistake(
            f"has a pattern {number} that matches the empty text, so that nothing would be left",
            remedy="let it match at least one character: + instead of *",
        )
    return pattern


_Patterns = Annotated[
    tuple[re.Pattern[str], ...],
    BeforeValidator(_patterns),
    PlainSerializer(
        lambda patterns: [pattern.pattern for pattern in patterns], return_type=list[str]
    ),
    WithJsonSchema({"type": "array", "items": {"type": "string", "minLength": 1}}),
    Allowed("a list of regular expressions"),
]


class RedactSettings(Section):
    """What is hidden in all that is written, printed and sent; a list alone is `patterns`."""

    patterns: _Patterns = Field(
        default=(),
        repr=False,
        description="Regular expressions; what one of them matches is shown as `***`.",
    )
    builtin: YesOrNo = Field(
        default=True,
        description="Hide what looks like a secret, such as `password=...` (docs/security.md). The "
        "values of our own credentials are hidden in any case.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_bare_list(cls, value: object) -> object:
        return {"patterns": value} if isinstance(value, (list, str)) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls,
        core_schema: CoreSchema,
        handler: GetJsonSchemaHandler,
    ) -> JsonSchemaValue:
        mapping = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [mapping["properties"]["patterns"], mapping]}


def find_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return all values of ours that must not be shown, also of credentials that are not used."""
    found = [value for name in SECRET_VARIABLES if (value := value_of(environ, name))]
    for pair in (pair for kind in KINDS for pair in kind.pairs):
        name, secret = value_of(environ, pair.name), value_of(environ, pair.secret)
        found += [f"{name}:{secret}"] if name and secret else []
    for name in _PROXIES:
        address = value_of(environ, name) or value_of(environ, name.lower())
        user, colon, secret = address.rpartition("@")[0].rpartition("//")[2].partition(":")
        found += [secret, unquote(secret), f"{unquote(user)}:{unquote(secret)}"] if colon else []
    return tuple(filter(None, found))


_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
