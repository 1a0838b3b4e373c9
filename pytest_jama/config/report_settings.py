"""The section ``report:``, and what a report tells that no program can find out.

No `from __future__ import annotations` in this module: pydantic needs the types at run time.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Field,
    InstanceOf,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from pytest_jama.config.types import Allowed, Section, mistake, resolve_path
from pytest_jama.core.origin import Equipment
from pytest_jama.core.text import clean, quoted

REPORT_SUFFIXES = (".html", ".md", ".json", ".csv", ".xml")
"""What the name of a report ends with; it says the format."""


OUTPUT_SUFFIXES = (".links.json", ".json", ".env", ".properties")
"""What the name of a file of values ends with; it says the format."""


def _files(value: object, info: ValidationInfo) -> tuple[Path, ...]:
    """Return absolute paths of which the format is known."""
    return _paths_ending(value, info, REPORT_SUFFIXES, "reports")


def _value_files(value: object, info: ValidationInfo) -> tuple[Path, ...]:
    """Do the same with files of values."""
    return _paths_ending(value, info, OUTPUT_SUFFIXES, "values")


def _paths_ending(
    value: object, info: ValidationInfo, suffixes: Sequence[str], what: str
) -> tuple[Path, ...]:
    several = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    paths = tuple(dict.fromkeys(resolve_path(each, info) for each in several))
    for path in paths:
        if not path.name.lower().endswith(tuple(suffixes)):
            raise mistake(
                f"has {quoted(clean(str(path.name)))}, which names no format of {what}",
                remedy=f"let its name end with {suffix_words(suffixes)}",
            )
    return paths


def suffix_words(suffixes: Sequence[str] = REPORT_SUFFIXES) -> str:
    """Return suffixes as a sentence names them."""
    return f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"


_TEXTS = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string", "minLength": 1}},
    ],
}
Files = Annotated[
    tuple[Path, ...],
    BeforeValidator(_files),
    WithJsonSchema(_TEXTS),
    Allowed("a list of paths, such as [report.html, report.md]"),
]


class _FilesFirst(Section):
    """A section in whose place a path, or a list of them, may stand."""

    bare_form: ClassVar[dict[str, Any]] = _TEXTS

    @model_validator(mode="before")
    @classmethod
    def _read_bare_files(cls, value: object) -> object:
        return {"files": value} if isinstance(value, (str, list, tuple)) else value


class ReportSettings(_FilesFirst):
    """Which reports are written at the end of a session; a path, or a list of them, is `files`."""

    files: Files = Field(
        default=(),
        description="Files to write, each in the format that its name ends with (docs/report.md).",
    )
    summary: Annotated[Literal["auto", "never"], Allowed("auto or never")] = Field(
        default="auto",
        description="The short form for the page of a CI job (docs/ci.md): `auto` brings it there "
        "in GitHub Actions, Azure Pipelines and TeamCity, `never` does not.",
    )
    annotations: Annotated[Literal["auto", "never"], Allowed("auto or never")] = Field(
        default="auto",
        description="What a CI job shows of refused runs and unresolved cases beside its log: "
        "`auto` prints annotations in GitHub Actions, Azure Pipelines and TeamCity, `never` none.",
    )

    @classmethod
    def keys_of_flag(cls, said: Any) -> dict[str, Any]:
        """Return the files that a flag names."""
        return {"files": said}


ValueFiles = Annotated[
    tuple[Path, ...],
    BeforeValidator(_value_files),
    WithJsonSchema(_TEXTS),
    Allowed("a list of paths, such as [jama.env, jama.links.json]"),
]


class OutputSettings(_FilesFirst):
    """Values for later steps and jobs of a CI system; a path, or a list of them, is `files`."""

    files: ValueFiles = Field(
        default=(),
        description="Files to write: `.env`, `.properties` or `.json` with the values, "
        "`.links.json` with links for GitLab (docs/ci.md).",
    )
    ci: Annotated[Literal["auto", "never"], Allowed("auto or never")] = Field(
        default="auto",
        description="Hand the values to the CI job: `auto` does in GitHub Actions, Azure Pipelines "
        "and TeamCity, `never` does not.",
    )

    @classmethod
    def keys_of_flag(cls, said: Any) -> dict[str, Any]:
        """Return the files that a variable names, with commas between them."""
        return {"files": [each.strip() for each in said.split(",")]}


def _said(value: object) -> str:
    """Return a text in one line; nothing is as good as unknown, as a variable of CI may be."""
    if not isinstance(value, (str, int, float, type(None))):
        raise ValueError(value)  # noqa: TRY004 (pydantic collects ValueErrors only)
    return " ".join(str("" if value is None else value).split())


Said = Annotated[
    str,
    BeforeValidator(_said),
    WithJsonSchema({"type": ["string", "number", "null"]}),
    Allowed("a text"),
]


_KEYS = ("name", "id", "calibrated_until")


def _equipment(value: object) -> tuple[Equipment, ...]:
    several = [] if value is None else value
    if not isinstance(several, (list, tuple)):
        raise ValueError(value)  # noqa: TRY004 (see above)
    return tuple(_piece(each, number) for number, each in enumerate(several, start=1))


def _piece(value: object, number: int) -> Equipment:
    if isinstance(value, Equipment):
        return value
    said = value if isinstance(value, dict) else {"name": value}
    unknown = [key for key in said if key not in _KEYS]
    if unknown:
        raise mistake(
            f"has the unknown key {quoted(clean(str(unknown[0])))} in item {number}",
            remedy=f"known are {', '.join(_KEYS)}",
        )
    name, mark, until = (_said(said.get(key)) for key in _KEYS)
    if not name:
        raise mistake(f"has no name in item {number}", remedy="write {name: flow meter, id: FM-2}")
    return Equipment(name, mark, _until(until, number) if until else None)


def _until(text: str, number: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise mistake(
            f"has {quoted(clean(text))} as calibrated_until in item {number}",
            remedy="write the last day, such as 2027-03-01",
        ) from None


EquipmentList = Annotated[
    tuple[InstanceOf[Equipment], ...],
    BeforeValidator(_equipment),
    PlainSerializer(lambda several: [each.plain() for each in several], return_type=list),
    WithJsonSchema(
        {
            "type": "array",
            "items": {
                "anyOf": [
                    {"type": "string", "minLength": 1},
                    {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string", "minLength": 1},
                            "id": {"type": ["string", "number", "null"]},
                            "calibrated_until": {"type": ["string", "null"]},
                        },
                        "required": ["name"],
                        "additionalProperties": False,
                    },
                ]
            },
        }
    ),
    Allowed("a list of {name: ..., id: ..., calibrated_until: 2027-03-01}"),
]
