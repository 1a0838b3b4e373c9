"""The settings of octane.yaml, declared once; what it shares with jama.yaml is in `models`.

No `from __future__ import annotations` in this module: pydantic needs the types at run time.
"""

from typing import Annotated, Literal

from pydantic import Field, InstanceOf, StringConstraints, WithJsonSchema

from pytest_jama.config import types
from pytest_jama.config.models import SharedSettings
from pytest_jama.config.types import Allowed, Given, Section
from pytest_jama.core.case_map import CaseMap

Reference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    Allowed("a name or an ID; `id:1001` and `name:1001` say which is meant"),
]
"""How people name a release, a suite, a module: by its name where the vendor's tools want an ID.

A number alone may be either; the server is asked which one there is.
"""

FieldType = Literal["Test_Level", "Test_Type", "Testing_Tool_Type", "Framework"]
"""The fields of a test that a document of results can set. Source: the server's schema."""

ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    Allowed("a text"),
]


class SuiteSettings(Section):
    """The test suite whose suite run gathers the runs."""

    name: Reference = Field(description="The test suite, which must exist.")
    run: types.OptionalName = Field(
        default=None,
        description="The name of the suite run: the same name is the same suite run.",
    )


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


class OctaneSettings(SharedSettings):
    """Everything a session for ALM Octane needs to know."""

    target: types.Name = Field(default="octane", description="Which kind of server this is.")
    url: Annotated[types.Url, Given("OCTANE_URL", "url")] = Field(
        default="",
        description="Address of the server; the browser's, `.../ui/?p=1001/1002`, names space and "
        "workspace, too.",
    )
    space: Annotated[Reference | None, Given("OCTANE_SPACE", "space")] = Field(
        default=None, description="The shared space, by ID or name."
    )
    workspace: Annotated[Reference | None, Given("OCTANE_WORKSPACE", "workspace")] = Field(
        default=None, description="The workspace, by ID or name."
    )
    release: Annotated[Reference | None, Given("OCTANE_RELEASE", "release")] = Field(
        default=None,
        description="The release of the runs; `_default_` is the workspace's default release.",
    )
    milestone: Annotated[Reference | None, Given("OCTANE_MILESTONE", "milestone")] = Field(
        default=None, description="The milestone of the runs."
    )
    modules: tuple[Reference, ...] = Field(
        default=(), description="The application modules that the tests belong to."
    )
    environment: dict[ShortText, ShortText] = Field(
        default_factory=dict,
        description="The environment of the runs, such as {OS: Linux}; values that the server does "
        "not know are made there.",
    )
    fields: dict[FieldType, ShortText] = Field(
        default_factory=dict,
        description="Fields of the tests: name of the field -> name of an entry of its list.",
    )
    suite: SuiteSettings | None = Field(
        default=None, description="The test suite whose suite run gathers the runs."
    )
    build: BuildSettings | None = Field(
        default=None, description="The build of a CI server that the runs belong to."
    )
    report_url: ShortText | None = Field(
        default=None,
        description="The link that the runs show; the page of the CI job without it.",
    )
    tests: Annotated[
        InstanceOf[CaseMap],
        WithJsonSchema({"type": ["object", "null"]}),
        Allowed("a mapping of test ID or pattern to IDs of backlog items"),
    ] = Field(
        default_factory=lambda: CaseMap.build(())[0],
        exclude=True,
        repr=False,
        description="Which backlog items a test covers: test ID or pattern -> ID(s).",
    )
    skip_errors: types.YesOrNo = Field(
        default=False,
        description="Take what refers to something that does not exist without that reference.",
    )
    wait_s: types.Duration = Field(
        default=120.0,
        alias="wait",
        description="For how long to wait until the server has worked off what it took.",
    )
