"""The types of single settings: how each is read, what it accepts, how it looks in the schema.

Values arrive as text, whatever YAML makes of them, so that a plan may be called ``1.10``. `Allowed`
and `Given` stand in the `Annotated` metadata of the fields; the messages about wrong settings, the
reference page and the tables of flags and variables are made of them.
"""

from __future__ import annotations

import math
import re
import warnings
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pytest_jama.config.kinds import JAMA, TargetKind
from pytest_jama.core.cases import GROUP
from pytest_jama.core.text import quoted

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.fields import FieldInfo
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class Allowed(NamedTuple):
    """What a setting accepts.

    Attributes:
        words: Completes "use ..." in a message and stands in the reference page.
    """

    words: str


class Given(NamedTuple):
    """Where else than in the settings file a setting can be given.

    Attributes:
        variable: The environment variable, if there is one, without its prefix: ``PLAN`` is
            ``JAMA_PLAN``.
        option: The flag, if there is one, without its prefix: ``plan`` is ``--jama-plan`` of pytest
            and ``--plan`` of the command lines.
    """

    variable: str = ""
    option: str = ""


class Surroundings(NamedTuple):
    """What the validation of paths depends on.

    Attributes:
        folder: What relative paths are relative to.
        checks_files: Whether certificate files must exist.
        kind: The kind of server, for words.
    """

    folder: Path
    checks_files: bool = True
    kind: TargetKind[Any] = JAMA


_Metadata = TypeVar("_Metadata", Allowed, Given)


def find_metadata(field: FieldInfo, kind: type[_Metadata]) -> _Metadata | None:
    """Return what a field declares of the given kind."""
    return next((item for item in field.metadata if isinstance(item, kind)), None)


def mistake(message: str, *, remedy: str) -> PydanticCustomError:
    """Make the error that a validator raises when `Allowed` does not say enough.

    Args:
        message: Completes the name of the setting: ``is before start (2024-02-01)``.
        remedy: What the user can do about it.
    """
    # The texts go into the context: pydantic would fill in braces of a message template.
    return PydanticCustomError("mistake", "mistake", {"message": message, "remedy": remedy})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(value)  # noqa: TRY004 (pydantic collects ValueErrors only)
    return value.strip()


def _project(value: object) -> object:
    text = str(value) if isinstance(value, int) else _text(value)
    return int(text) if re.fullmatch(r"[1-9][0-9]*", text, re.ASCII) else text


def _duration(value: object) -> float:
    """Read ``120s``, ``2m``, ``500ms``, ``1h`` or a number of seconds."""
    match = _DURATION.fullmatch(str(value).strip())
    seconds = float(match[1]) * _SECONDS[match[2] or "s"] if match else 0.0
    if not 0 < seconds < math.inf:
        raise ValueError(ascii(value))  # pydantic cannot take surrogates in it
    return seconds


_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(ms|s|m|h)?", re.ASCII)


def _day(value: object) -> object:
    """Read ``2024-02-01``; pydantic alone would take any number for seconds since 1970."""
    return date.fromisoformat(value) if isinstance(value, str) and len(value) == _DAY else value


_DAY = len("2024-02-01")


def resolve_path(value: object, info: ValidationInfo) -> Path:
    """Make a path absolute; relative ones belong to the folder of the settings file."""
    text = str(value if isinstance(value, (str, Path)) else "").strip()
    if not text:
        raise ValueError(value)
    # not `resolve`: a link to a folder keeps the name that the user knows it by
    return surroundings_of(info).folder.absolute() / Path(text).expanduser()


def _existing_file(value: object, info: ValidationInfo) -> Path | None:
    """Return the absolute path of a certificate file, which must be there."""
    if value is None:
        return None
    path = resolve_path(value, info)
    around = surroundings_of(info)
    if around.checks_files and not path.exists():
        raise mistake(
            f"is {quoted(str(value))}, but there is no {path}",
            remedy=f"correct the path (a relative one is relative to {around.kind.file})",
        )
    if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe would be waited for
        raise mistake(f"is {str(value)!r}, which is not a file", remedy="name a PEM file")
    return path


def surroundings_of(info: ValidationInfo) -> Surroundings:
    """Return what the validation was told of what is around."""
    given = info.context
    return given if isinstance(given, Surroundings) else Surroundings(folder=Path.cwd())


def _verify(value: object, info: ValidationInfo) -> object:
    known = _YES_OR_NO.get(str(value).lower())
    return known if known is not None else _existing_file(value, info)


_YES_OR_NO = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _name_pattern(value: object) -> re.Pattern[str] | None:
    """Compile the pattern that finds case references in names."""
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pattern = re.compile(value)
    except (re.error, OverflowError, RecursionError) as exc:
        raise mistake(
            f"is not a regular expression: {exc}",
            remedy="correct it; in double quotes, YAML needs each backslash twice",
        ) from exc
    if GROUP not in pattern.groupindex:
        raise mistake(
            f"has no group named {GROUP!r}",
            remedy=rf"mark the reference in it, such as \[(?P<{GROUP}>[A-Z0-9]+-TC-\d+)\]",
        )
    endless = _ENDLESS.search(value)
    if endless:
        raise mistake(
            f"repeats a repetition in {endless[0]}, which can take forever",
            remedy="repeat only once: [A-Z]+ instead of ([A-Z]+)+",
        )
    return pattern


_ENDLESS = re.compile(r"\((?:\?:|\?P<\w+>)?(?:\\.|\[[^\]]+\]|[^\\()\[\]])[+*]\)[+*]")
"""A single repeated thing, repeated itself: each character doubles the time to find no match.

No one needs these. No other pattern is refused: its text does not show whether it is slow.
"""


def _field_name(value: str) -> str:
    if not value.strip():
        raise mistake(
            "has a field without a name",
            remedy="use the label that Jama shows, or the name in the REST API, such as build$37",
        )
    return value.strip()


def _field_value(value: object) -> object:
    items = value if isinstance(value, list) else [value]
    for item in items:
        if not isinstance(item, (str, int, float)) or (
            isinstance(item, float) and not math.isfinite(item)
        ):
            raise mistake(
                "has a value that Jama cannot store",
                remedy="use a text, a number, true, false, or a list of these",
            )
    return value


class Section(BaseModel):
    """A mapping of settings; unknown keys are mistakes, messages never show what was read.

    Attributes:
        bare_form: JSON schema of what may stand in its place; empty for nothing.
    """

    bare_form: ClassVar[dict[str, Any]] = {}

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _take_nothing_for_defaults(cls, value: object) -> object:
        """Accept a section of which all lines are commented out."""
        return {} if value is None else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        if not cls.bare_form:
            return schema
        return {"anyOf": [cls.bare_form, handler.resolve_ref_schema(schema)]}


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    Allowed("a name"),
]
OptionalName = Annotated[
    str | None,
    StringConstraints(strip_whitespace=True, min_length=1),
    Allowed("a name"),
]
Project = Annotated[
    Annotated[str, StringConstraints(min_length=1)] | int,
    BeforeValidator(_project),
    Allowed("a project key, such as JEET1, or its API ID"),
]
ApiId = Annotated[int | None, Field(gt=0), Allowed("an API ID, a positive whole number")]
YesOrNo = Annotated[bool, Allowed("true or false")]
Day = Annotated[date | None, BeforeValidator(_day), Allowed("a day, such as 2024-02-01")]
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? *(ms|s|m|h)?$"},
            ],
        },
    ),
    Allowed("a duration, such as 120s, 2m or 500ms, or a number of seconds"),
]
Concurrency = Annotated[int, Field(ge=1, le=64), Allowed("a whole number from 1 to 64")]
Rate = Annotated[
    Literal["auto"] | Annotated[float, Field(gt=0, allow_inf_nan=False)],
    WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "number", "exclusiveMinimum": 0}]}),
    Allowed("auto or a positive number of requests per second"),
]
NamePattern = Annotated[
    re.Pattern[str] | None,
    BeforeValidator(_name_pattern),
    PlainSerializer(lambda pattern: pattern and pattern.pattern, return_type=str | None),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}]}),
    Allowed(f"a regular expression with a group `(?P<{GROUP}>...)`"),
]
Keep = Annotated[
    Literal["all"] | Annotated[int, Field(ge=1)],
    WithJsonSchema({"anyOf": [{"const": "all"}, {"type": "integer", "minimum": 1}]}),
    Allowed("all or a whole number from 1"),
]
Folder = Annotated[Path, BeforeValidator(resolve_path), Allowed("the path of a folder")]
CertificateFile = Annotated[
    Path | None,
    BeforeValidator(_existing_file),
    Allowed("the path of a PEM file with certificate and key"),
]
Verification = Annotated[
    bool | Path,
    BeforeValidator(_verify),
    Allowed("true, false or the path of a CA bundle"),
]
CustomFields = Annotated[
    dict[
        Annotated[str, BeforeValidator(_field_name)],
        Annotated[Any, BeforeValidator(_field_value)],
    ],
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": r"\S"},
            "additionalProperties": {
                "type": ["string", "number", "boolean", "array"],
                "items": {"type": ["string", "number", "boolean"]},
            },
        },
    ),
    Allowed("a mapping of label or API name to value, such as {Build: 17} or {build$37: 17}"),
]
