"""The settings of octane.yaml, declared once; what it shares with jama.yaml is in `models`.

No `from __future__ import annotations` in this module: pydantic needs the types at run time.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import (
    BeforeValidator,
    Field,
    InstanceOf,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from pytest_jama.config import types
from pytest_jama.config.addresses import OctaneUrl, ReportLink, find_workspace, is_report_link
from pytest_jama.config.environment import SignIn, find_ci_job
from pytest_jama.config.journal_settings import UploadSettings
from pytest_jama.config.kinds import OCTANE, TargetKind
from pytest_jama.config.mistakes import find_similar
from pytest_jama.config.models import MapSettings, SharedSettings
from pytest_jama.config.types import Allowed, Given, Section, mistake
from pytest_jama.core.case_map import CaseMap


class OctaneKey(SignIn):
    """An API access key."""

    kind: Literal["key"] = "key"
    client_id: str = Field(description="Client ID of the API access key.")
    client_secret: SecretStr = Field(description="Client secret of the API access key.")


class OctaneUser(SignIn):
    """A user; does not work where the server takes API access keys only."""

    kind: Literal["user"] = "user"
    user: str = Field(description="Name of the user.")
    password: SecretStr = Field(description="Password of the user.")


OctaneCredentials = OctaneKey | OctaneUser

_NAME_OR_ID = Allowed("a name or an ID; `id:1001` and `name:1001` say which is meant")

_AS_TEXT = {"type": ["string", "number"], "minLength": 1}
"""A number is taken as the text that stands in the file."""

_FILLED = StringConstraints(strip_whitespace=True, min_length=1)

Reference = Annotated[str, _FILLED, WithJsonSchema(_AS_TEXT), _NAME_OR_ID]
"""How people name a release, a suite, a module: by its name where the vendor's tools want an ID.

A number alone may be either; the server is asked which one there is.
"""

OptionalReference = Annotated[
    str | None,
    _FILLED,
    WithJsonSchema({"type": ["string", "number", "null"], "minLength": 1}),
    _NAME_OR_ID,
]
ShortText = Annotated[str, _FILLED, WithJsonSchema(_AS_TEXT), Allowed("a text")]

FieldType = Literal["Test_Level", "Test_Type", "Testing_Tool_Type", "Framework"]
"""The fields of a test that a document of results can set. Source: the server's schema."""

_FIELD_TYPES: tuple[str, ...] = get_args(FieldType)


def _named(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise mistake("has a key that is empty", remedy="write NAME: VALUE, such as OS: Linux")
    return value.strip()


def _value(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise mistake("has no text as value", remedy="give it one, or leave the key out")
    return text


def _field_type(value: object) -> str:
    text = str(value).strip()
    if text not in _FIELD_TYPES:
        nearest = find_similar(text, _FIELD_TYPES)
        raise mistake(
            "is not a field that results can set",
            remedy=f"did you mean {nearest}?"
            if nearest
            else f"known are {', '.join(_FIELD_TYPES)}",
        )
    return text


def _several(value: object) -> object:
    if value is None:
        return ()
    return [value] if isinstance(value, str) else value


Modules = Annotated[
    tuple[Reference, ...],
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [_AS_TEXT, {"type": "array", "items": _AS_TEXT}, {"type": "null"}]}),
    Allowed("a name or an ID, or a list of them"),
]
Environment = Annotated[
    dict[Annotated[str, BeforeValidator(_named)], Annotated[str, BeforeValidator(_value)]],
    BeforeValidator(lambda value: {} if value is None else value),
    WithJsonSchema({"type": ["object", "null"], "additionalProperties": _AS_TEXT}),
    Allowed("a mapping of kind to value, such as {OS: Linux, Browser: Chrome}"),
]
TestFields = Annotated[
    dict[
        Annotated[FieldType, BeforeValidator(_field_type)],
        Annotated[str, BeforeValidator(_value)],
    ],
    BeforeValidator(lambda value: {} if value is None else value),
    WithJsonSchema(
        {
            "type": ["object", "null"],
            "properties": dict.fromkeys(_FIELD_TYPES, _AS_TEXT),
            "additionalProperties": False,
        }
    ),
    Allowed(f"a mapping of {', '.join(_FIELD_TYPES)} to the name of a value"),
]


class SuiteSettings(Section):
    """The test suite whose suite run gathers the runs; a name alone is `name`."""

    bare_form: ClassVar[dict[str, Any]] = {"type": ["string", "number", "null"], "minLength": 1}

    name: Reference = Field(description="The test suite, which must exist.")
    run: Annotated[
        str | None,
        _FILLED,
        WithJsonSchema({"type": ["string", "number", "null"]}),
        Allowed("a name"),
    ] = Field(
        default=None,
        description="The name of the suite run: the same name is the same suite run.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_bare_name(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value

    @classmethod
    def keys_of_flag(cls, said: Any) -> dict[str, Any]:
        """Return the keys that a flag gives."""
        return {"name": said}


class BuildSettings(Section):
    """The build of a CI server that the runs belong to."""

    server: ShortText = Field(description="Instance ID of the CI server.")
    job: ShortText = Field(description="ID of the job there.")
    id: ShortText = Field(description="ID of the build of that job.")
    create: types.YesOrNo = Field(
        default=False,
        description="Make CI server, pipeline and build where they are missing. A CI plugin makes "
        "them itself.",
    )


class OctaneMapSettings(MapSettings):
    """How the keys of `tests` are checked against the tests that there are."""

    unmatched: Annotated[
        Literal["incomplete", "warn", "fail"], Allowed("incomplete, warn or fail")
    ] = Field(
        default="incomplete",
        description="A key that matches no test, though the session looked for it, is named; "
        "`fail`: and the session has failed. The two other words differ for Jama only.",
    )


class OctaneUploadSettings(UploadSettings):
    """How results are sent."""

    when: Annotated[
        Literal["end"],
        Allowed("end, or leave it out: documents for ALM Octane hold a whole session"),
    ] = Field(default="end", description="When results are sent; `during` is for Jama only.")


class OctaneSettings(SharedSettings):
    """Everything a session for ALM Octane needs to know."""

    kind: ClassVar[TargetKind[Any]] = OCTANE
    sign_ins: ClassVar[tuple[type[SignIn], ...]] = (OctaneKey, OctaneUser)
    judges_cases: ClassVar[bool] = False
    keeps_traces: ClassVar[bool] = True

    url: Annotated[OctaneUrl, Given("URL", "url")] = Field(
        default="",
        description="Address of the server; the browser's, `.../ui/?p=1001/1002`, names space and "
        "workspace, too.",
    )
    space: Annotated[Reference, Given("SPACE", "space")] = Field(
        default="", description="The shared space, by ID or name."
    )
    workspace: Annotated[Reference, Given("WORKSPACE", "workspace")] = Field(
        default="", description="The workspace, by ID or name."
    )
    release: Annotated[OptionalReference, Given("RELEASE", "release")] = Field(
        default=None,
        description="The release of the runs; `_default_` is the workspace's default release.",
    )
    milestone: Annotated[OptionalReference, Given("MILESTONE", "milestone")] = Field(
        default=None, description="The milestone of the runs."
    )
    modules: Annotated[Modules, Given(option="module")] = Field(
        default=(), description="The application modules that the tests belong to."
    )
    environment: Annotated[Environment, Given(option="environment")] = Field(
        default_factory=dict,
        description="The environment of the runs; values that the server does not know are made "
        "there. A flag adds or replaces single ones: `OS=Linux`.",
    )
    fields: Annotated[TestFields, Given(option="field")] = Field(
        default_factory=dict,
        description="Fields of the tests: name of the field -> name of an entry of its list. A "
        "flag adds or replaces single ones: `Framework=pytest`.",
    )
    suite: Annotated[
        SuiteSettings | None,
        Given("SUITE", "suite"),
        Allowed("a name or an ID, or {name: ..., run: ...}"),
    ] = Field(default=None, description="The test suite whose suite run gathers the runs.")
    build: Annotated[
        BuildSettings | None, Allowed("{server: ..., job: ..., id: ..., create: false}")
    ] = Field(default=None, description="The build of a CI server that the runs belong to.")
    report_url: ReportLink = Field(
        default=None,
        description="The link that the runs show; without it the page of the CI job.",
    )
    tests: Annotated[
        InstanceOf[CaseMap],
        WithJsonSchema({"type": ["object", "null"]}),
        Allowed("a mapping of test ID or pattern to IDs of backlog items"),
    ] = Field(
        default_factory=lambda: CaseMap.build(())[0],
        exclude=True,
        repr=False,
        description="Which backlog items a test covers: test ID or pattern -> ID(s); `file` -> CSV "
        "files with more of it.",
    )
    skip_errors: Annotated[types.YesOrNo, Given(option="skip-errors")] = Field(
        default=False,
        description="Take what refers to something that does not exist without that reference.",
    )
    wait_s: Annotated[types.Duration, Given(option="wait")] = Field(
        default=120.0,
        alias="wait",
        description="For how long to wait until the server has worked off what it took. Where this "
        "is set, all runs are read back afterwards, however many there are.",
    )
    target: Annotated[Literal["octane"], Allowed("octane, or leave it out")] = Field(
        default="octane", description="Which kind of server this is."
    )
    map: OctaneMapSettings = Field(
        default=OctaneMapSettings(), description="How the keys of `tests` are checked."
    )
    upload: OctaneUploadSettings = Field(
        default=OctaneUploadSettings(), description="How results are sent."
    )
    strict: Annotated[types.YesOrNo, Given(option="strict")] = Field(
        default=False,
        description="A session has failed when a key of `tests` matches no test; `junit-uploader` "
        "sends nothing when anything is wrong with a report.",
    )
    credentials: SkipJsonSchema[OctaneCredentials | None] = Field(
        default=None, exclude=True, repr=False
    )

    @property
    def reads_all_back(self) -> bool:
        """Whether all runs are compared after a push: who says how long to wait wants to know."""
        return "wait_s" in self.model_fields_set

    def is_given(self, name: str) -> bool:
        """Return whether a setting is there; `wait` only where it was said, see above."""
        return super().is_given(name) and (name != "wait" or self.reads_all_back)

    @classmethod
    def said_by_url(cls, url: object) -> Mapping[str, str]:
        """Return the IDs of space and workspace in a browser's address."""
        try:
            found = find_workspace(url)
        except ValueError:  # the address itself is refused for that
            return {}
        return {name: value for name, value in found._asdict().items() if value}

    @classmethod
    def said_by_job(cls, environ: Mapping[str, str]) -> Mapping[str, str]:
        """Return the page of the CI job, where runs can show it."""
        page = find_ci_job(environ).url
        return {"report_url": page} if is_report_link(page) else {}
