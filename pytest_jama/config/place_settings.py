"""The sections ``plan:`` and ``cycle:`` of jama.yaml: named, or given by their IDs.

No `from __future__ import annotations` in this module: pydantic needs the types at run time.
"""

from datetime import date, datetime, timezone
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from pytest_jama.config import types
from pytest_jama.config.types import Allowed, Section, mistake


class _Place(BaseModel):
    """A plan or cycle: named, or given by its ID."""

    model_config = Section.model_config

    id: types.ApiId = Field(default=None, description="API ID of an existing one.")
    name: types.OptionalName = Field(
        default=None,
        description="Exact name; the oldest one of that name is used.",
    )

    @property
    def is_set(self) -> bool:
        """Whether it has a name or ID; only settings without upload may lack both."""
        return self.id is not None or self.name is not None

    def __str__(self) -> str:
        return self.name or (f"id:{self.id}" if self.id else "")

    @model_validator(mode="before")
    @classmethod
    def _read_bare_name(cls, value: object) -> object:
        return identity_of(value) if isinstance(value, str) else value

    @classmethod
    def keys_of_flag(cls, said: Any) -> dict[str, Any]:
        """Return how a flag names the plan or cycle."""
        return identity_of(said)

    @model_validator(mode="after")
    def _is_named_once(self) -> "_Place":
        if (self.id is None) is (self.name is None):
            raise mistake(
                "has both id and name" if self.is_set else "has neither id nor name",
                remedy="give one of them: a name, {id: 20494} or {name: ...}",
            )
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls,
        core_schema: CoreSchema,
        handler: GetJsonSchemaHandler,
    ) -> JsonSchemaValue:
        mapping = handler.resolve_ref_schema(handler(core_schema))
        mapping["oneOf"] = [{"required": ["id"]}, {"required": ["name"]}]
        return {"anyOf": [{"type": "string", "minLength": 1}, mapping]}


SAID_BY_FLAG = frozenset({"id", "name", "files", "folder"})
"""The keys of a section that a flag or variable replaces: they say which plan, cycle, reports or
folder are meant; the others say what to do with it."""


def identity_of(text: str) -> dict[str, str]:
    """Return how a plan or cycle is named: ``id:20494`` is an ID, everything else a name."""
    prefix, colon, number = text.strip().partition(":")
    if colon and prefix == "id" and number.strip().isdigit():
        return {"id": number.strip()}
    return {"name": text}


class PlanSettings(_Place):
    """The test plan."""

    create: types.YesOrNo = Field(
        default=True,
        description="Create the plan when there is none of that name.",
    )
    group: types.OptionalName = Field(
        default=None,
        description="Test group that missing cases are added to; created if named and missing. "
        "Without it: Jama's `Default Test Group`.",
    )
    add: Annotated[
        Literal["linked", "reported", "none"],
        Allowed("linked, reported or none"),
    ] = Field(
        default="linked",
        description="Which cases are added to the plan that it lacks: before a cycle is created, "
        "all that are linked to a test (`linked`); only those that a result is written for "
        "(`reported`); or none, so that a plan prepared by people stays as it is (`none`).",
    )
    fields: types.CustomFields = Field(
        default_factory=dict,
        description="Fields of a created plan, by label or API name (docs/jama.md).",
    )


class CycleSettings(_Place):
    """The test cycle, within the plan."""

    create: types.YesOrNo = Field(
        default=True,
        description="Create the cycle when the plan has none of that name.",
    )
    start: types.Day = Field(
        default=None,
        description="First day of a created cycle; today (UTC) without it.",
    )
    end: types.Day = Field(
        default=None,
        description="Last day of a created cycle; today (UTC) without it.",
    )
    missing_runs: Annotated[
        Literal["report", "regenerate"],
        Allowed("report or regenerate"),
    ] = Field(
        default="report",
        description="What happens to a case that has no run in an existing cycle: report it, or "
        "let Jama regenerate the runs of the cycle, which may drop results.",
    )
    fields: types.CustomFields = Field(
        default_factory=dict,
        description="Fields of a created cycle, by label or API name (docs/jama.md).",
    )

    @field_validator("end")
    @classmethod
    def _is_not_before_start(cls, end: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("start")
        if start and end and end < start:
            raise mistake(f"is {end}, before the start on {start}", remedy="correct one of them")
        return end

    def days(self, now_s: float) -> tuple[date, date]:
        """Return the first and last day of a new cycle: today, unless the settings say more.

        Args:
            now_s: The time, in seconds since 1970.
        """
        today = datetime.fromtimestamp(now_s, timezone.utc).date()
        start = self.start or min(today, self.end or today)
        return start, self.end or max(today, start)
