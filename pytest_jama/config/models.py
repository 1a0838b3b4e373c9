"""The settings of Jama, and what all kinds of servers share; declared once.

Flags, variables, messages, the reference page and jama.schema.json are made of these models or held
to them by a test. A new setting is one new field here.

No `from __future__ import annotations` in this module: pydantic needs the types at run time.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, InstanceOf, WithJsonSchema, field_validator
from pydantic.json_schema import SkipJsonSchema

from pytest_jama.config import types
from pytest_jama.config.addresses import Url
from pytest_jama.config.environment import (
    BasicCredentials,
    Credentials,
    OAuthCredentials,
    SignIn,
)
from pytest_jama.config.evidence_settings import EvidenceSettings
from pytest_jama.config.header_settings import Headers
from pytest_jama.config.journal_settings import Journal, JournalSettings, UploadSettings
from pytest_jama.config.kinds import JAMA, OCTANE, TargetKind
from pytest_jama.config.place_settings import CycleSettings, PlanSettings
from pytest_jama.config.redact_settings import RedactSettings
from pytest_jama.config.report_settings import (
    EquipmentList,
    OutputSettings,
    ReportSettings,
    Said,
)
from pytest_jama.config.types import Allowed, Given, Section, mistake
from pytest_jama.config.verdict_settings import VerdictSettings
from pytest_jama.core.case_map import CaseMap
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.verdicts import VerdictRules


class RunSettings(Section):
    """What else is written into a test run."""

    actual_results: types.YesOrNo = Field(
        default=True,
        description="Write a short account of the tests into the run's actual results.",
    )
    write: Annotated[Literal["auto", "patch", "put"], Allowed("auto, patch or put")] = Field(
        default="auto",
        description="How runs are written: by PATCH, by PUT, or by PATCH and, where the server "
        "refuses that, by PUT (`auto`).",
    )
    others: Annotated[Literal["keep", "leave"], Allowed("keep or leave")] = Field(
        default="keep",
        description="Runs with a status or actual results that `pytest-jama` did not write: `keep` "
        "what stands there below the new account, or `leave` the whole run as it is.",
    )
    assigned_to: Annotated[Literal["none", "me"], Allowed("none or me")] = Field(
        default="none",
        description="Who the run is assigned to: `none` changes nothing, `me` is the user of the "
        "credentials.",
    )
    fields: types.CustomFields = Field(
        default_factory=dict,
        description="Fields of the run, by label or API name (docs/jama.md).",
    )


class JunitSettings(Section):
    """How JUnit reports are read; see docs/junit.md."""

    skipped_wins: types.YesOrNo = Field(
        default=False,
        description="A testcase with a failure and a skip is skipped, not failed: a failing `todo` "
        "of node, `[!mayfail]` of Catch2.",
    )


class MapSettings(Section):
    """How the keys of `tests` are checked against the tests that there are."""

    unmatched: Annotated[
        Literal["incomplete", "warn", "fail"], Allowed("incomplete, warn or fail")
    ] = Field(
        default="incomplete",
        description="A key that matches no test, though the session looked for it: its cases are "
        "incomplete; `warn`: it is only named; `fail`: incomplete, and the session has failed.",
    )


class TlsSettings(Section):
    """How the server is trusted."""

    verify: types.Verification = Field(
        default=True,
        description="Check the server's certificate: with the usual authorities (true), with those "
        "of a CA bundle (its path), or not at all (false).",
    )
    client_cert: types.CertificateFile = Field(
        default=None,
        description="PEM file with the client's certificate and key.",
    )


class SharedSettings(Section):
    """What a session needs to know whatever kind of server its results go to.

    Attributes:
        kind: The kind of server.
        sign_ins: What its credentials become, in the order of its pairs of variables.
        judges_cases: Whether tests are judged by cases. Else all results are sent as they are, and
            a test without a case is nothing to speak of.
        keeps_traces: Whether the whole text of a failure is kept.
    """

    kind: ClassVar[TargetKind[Any]]
    sign_ins: ClassVar[tuple[type[SignIn], ...]]
    judges_cases: ClassVar[bool]
    keeps_traces: ClassVar[bool]

    url: str = ""
    tests: InstanceOf[CaseMap] = Field(
        default_factory=lambda: CaseMap.build(())[0], exclude=True, repr=False
    )
    target: types.Name = Field(default="jama", description="Which kind of server this is.")
    map: MapSettings = Field(
        default=MapSettings(),
        description="How the keys of `tests` are checked.",
    )
    upload: UploadSettings = Field(
        default=UploadSettings(),
        description="How results are sent.",
    )
    junit: JunitSettings = Field(
        default=JunitSettings(),
        description="How JUnit reports are read.",
    )
    redact: Annotated[
        RedactSettings, Allowed("a list of regular expressions, or {patterns: [...], builtin: ...}")
    ] = Field(
        default=RedactSettings(),
        repr=False,
        description="What of the texts of tests is hidden.",
    )
    evidence: EvidenceSettings = Field(
        default=EvidenceSettings(),
        description="Files that are evidence of tests.",
    )
    report: Annotated[
        ReportSettings,
        Given(option="report"),
        Allowed("a path, a list of paths, or {files: [...], summary: auto}"),
    ] = Field(
        default=ReportSettings(),
        exclude=True,
        description="Which reports are written at the end of a session (docs/report.md).",
    )
    outputs: Annotated[
        OutputSettings,
        Given("OUTPUTS"),
        Allowed("a path, a list of paths, or {files: [...], ci: auto}"),
    ] = Field(
        default=OutputSettings(),
        exclude=True,
        description="What later steps and jobs of a CI system learn of the session.",
    )
    software: Annotated[Said, Given("SOFTWARE")] = Field(
        default="",
        description="What reports name as the software under test: name and version.",
    )
    device: Annotated[Said, Given("DEVICE")] = Field(
        default="",
        description="What reports name as the device under test: type, serial number, revision.",
    )
    tester: Annotated[Said, Given("TESTER")] = Field(
        default="",
        description="Who executed the tests, for reports; without it the user of the CI system or "
        "of this machine, who only reported what another program ran.",
    )
    equipment: EquipmentList = Field(
        default=(),
        description="What was measured with, for reports; a calibration that has ended on the day "
        "of the tests is a deviation.",
    )
    tls: TlsSettings = Field(default=TlsSettings(), description="How the server is trusted.")
    headers: Headers = Field(
        default_factory=dict,
        exclude=True,
        repr=False,
        description="Headers for a gateway before the server, sent with each request to it: name "
        "-> value. What comes from the environment is hidden like a password.",
    )
    strict: Annotated[types.YesOrNo, Given(option="strict")] = Field(
        default=False,
        description="A session has failed when no test is linked to a case, when a failed test is "
        "linked to none, or when a key of `tests` matches no test; `junit-uploader` sends nothing "
        "when anything is wrong with a report.",
    )
    journal: Journal = Field(
        default_factory=JournalSettings.model_construct,
        validate_default=True,
        description="Where the journals are, and how many are kept.",
    )
    credentials: SkipJsonSchema[InstanceOf[SignIn] | None] = Field(
        default=None, exclude=True, repr=False
    )
    redactor: SkipJsonSchema[InstanceOf[Redactor]] = Field(
        default_factory=Redactor, exclude=True, repr=False
    )

    @classmethod
    def said_by_url(cls, url: object) -> Mapping[str, str]:  # noqa: ARG003 (a kind may need it)
        """Return what an address says of other settings."""
        return {}

    @classmethod
    def said_by_job(cls, environ: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG003 (see above)
        """Return the settings that the CI job of a session gives where nothing else does."""
        return {}

    @property
    def name_pattern(self) -> re.Pattern[str] | None:
        """What finds references to cases in the names of tests."""
        return None

    def rules(self) -> VerdictRules:
        """Return how outcomes become verdicts."""
        return VerdictRules()

    def for_journal(self) -> dict[str, Any]:
        """Return what `load_from_journal` needs, fit for JSON: effective values, no secrets.

        The map of `tests:` is not among it: each result in the journal has its links with it.
        """
        values = self.model_dump(mode="json", by_alias=True)
        patterns = values["redact"]["patterns"]  # one may be a secret itself, filled in by ${NAME}
        values["redact"]["patterns"] = [
            each for each in patterns if not self.redactor.hide(each).passages
        ]
        return {name: value for name, value in values.items() if self.is_given(name)}

    def is_given(self, name: str) -> bool:
        """Return whether a setting is there; those of the destination have no default."""
        return name not in self.kind.destination or bool(getattr(self, name))


class Settings(SharedSettings):
    """Everything a session for Jama needs to know; see `pytest_jama.config.load_settings`."""

    kind: ClassVar[TargetKind[Any]] = JAMA
    sign_ins: ClassVar[tuple[type[SignIn], ...]] = (OAuthCredentials, BasicCredentials)
    judges_cases: ClassVar[bool] = True
    keeps_traces: ClassVar[bool] = False

    url: Annotated[Url, Given("URL", "url")] = Field(
        default="",
        description="Address of the Jama instance; a context path is fine.",
    )
    project: Annotated[types.Project, Given("PROJECT", "project")] = Field(
        default="",
        description="The project, by its key or API ID.",
    )
    plan: Annotated[
        PlanSettings,
        Given("PLAN", "plan"),
        Allowed("a name, {id: 20494} or {name: ...}"),
    ] = Field(
        default_factory=PlanSettings.model_construct,
        description="The test plan.",
    )
    cycle: Annotated[
        CycleSettings,
        Given("CYCLE", "cycle"),
        Allowed("a name, {id: 20495} or {name: ...}"),
    ] = Field(
        default_factory=CycleSettings.model_construct,
        description="The test cycle.",
    )
    tests: Annotated[
        InstanceOf[CaseMap],
        WithJsonSchema({"type": ["object", "null"]}),
        Allowed("a mapping of test ID or pattern to case references"),
    ] = Field(
        default_factory=lambda: CaseMap.build(())[0],
        exclude=True,
        repr=False,
        description="Test ID or pattern -> its test case(s); `file` -> CSV files with more.",
    )
    names: types.NamePattern = Field(
        default=None,
        description="Finds case references in the names of tests, in its group `case`; several "
        "matches name several cases. A marker or property beats the name, the name beats `tests`.",
    )
    verdicts: VerdictSettings = Field(
        default=VerdictSettings(),
        description="Outcome of a test -> status in Jama.",
    )
    run: RunSettings = Field(
        default=RunSettings(),
        description="What else is written into a test run.",
    )
    drift: Annotated[
        Literal["incomplete", "warn", "off"],
        Allowed("incomplete, warn or off"),
    ] = Field(
        default="incomplete",
        description="A case that differs from what `jama.lock` has of it: `incomplete` as though a "
        "test of it had not run, only `warn`, or not looked at (docs/lock.md).",
    )

    credentials: SkipJsonSchema[Credentials | None] = Field(default=None, exclude=True, repr=False)

    @field_validator("target")
    @classmethod
    def _is_not_of_another_file(cls, target: str) -> str:
        if target == OCTANE.name:
            raise mistake(
                f"is {target!r}, which has settings of its own",
                remedy=f"leave it out, and write {OCTANE.file} for {OCTANE.title}",
            )
        return target

    @property
    def name_pattern(self) -> re.Pattern[str] | None:
        """What finds references to cases in the names of tests."""
        return self.names

    def rules(self) -> VerdictRules:
        """Return how outcomes become verdicts."""
        return self.verdicts.rules()

    def is_given(self, name: str) -> bool:
        """Return whether a setting is there; a plan or cycle needs a name or ID for that."""
        value = getattr(self, name)
        return (
            value.is_set
            if isinstance(value, PlanSettings | CycleSettings)
            else super().is_given(name)
        )
