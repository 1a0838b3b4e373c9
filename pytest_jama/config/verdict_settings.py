"""The section ``verdicts:`` of jama.yaml, and its words.

No `from __future__ import annotations` in this module: pydantic needs the types at run time.
"""

from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from pytest_jama.config.types import Allowed, Section
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Verdict, VerdictRules


def _verdict(value: object) -> object:
    if isinstance(value, str):
        return None if value.lower() == LEAVE else Verdict(value.upper())
    if value is None:  # nothing was written; `leave` has to be said
        raise ValueError(value)
    return value


LEAVE = "leave"
"""The word for an outcome that says nothing of its case."""

IGNORE = "ignore"
"""The word for an outcome with which a test counts as though it were not linked."""


def _verdict_or_ignore(value: object) -> object:
    is_ignore = isinstance(value, str) and value.lower() == IGNORE
    return IGNORE if is_ignore else _verdict(value)


VerdictOrLeave = Annotated[
    Verdict | None,
    BeforeValidator(_verdict),
    PlainSerializer(lambda verdict: verdict.value if verdict else LEAVE, return_type=str),
    WithJsonSchema({"enum": [*(verdict.value for verdict in Verdict), LEAVE]}),
    Allowed(", ".join(verdict.value for verdict in Verdict) + f" or {LEAVE}"),
]
VerdictLeaveOrIgnore = Annotated[
    Verdict | Literal["ignore"] | None,
    BeforeValidator(_verdict_or_ignore),
    PlainSerializer(lambda given: getattr(given, "value", given) or LEAVE, return_type=str),
    WithJsonSchema({"enum": [*(verdict.value for verdict in Verdict), LEAVE, IGNORE]}),
    Allowed(f"{', '.join(verdict.value for verdict in Verdict)}, {LEAVE} or {IGNORE}"),
]

_DEFAULT_RULES = VerdictRules()


def _verdict_of(outcome: Outcome, description: str) -> Any:
    return Field(default=_DEFAULT_RULES.verdict_of(outcome), description=description)


class VerdictSettings(Section):
    """Which Jama status follows from which outcome of a test.

    `leave` says nothing: alone it leaves the run as it is, beside other outcomes the case is
    incomplete. With `ignore` the test counts as though it were not linked.
    """

    passed: VerdictLeaveOrIgnore = _verdict_of(Outcome.PASSED, "The test passed.")
    failed: VerdictLeaveOrIgnore = _verdict_of(Outcome.FAILED, "The test failed.")
    error: VerdictLeaveOrIgnore = _verdict_of(
        Outcome.ERROR,
        "Setup or teardown failed, or the worker crashed.",
    )
    skipped: VerdictLeaveOrIgnore = _verdict_of(Outcome.SKIPPED, "The test was skipped.")
    xfailed: VerdictLeaveOrIgnore = _verdict_of(
        Outcome.XFAILED, "The test failed, as was expected."
    )
    xpassed: VerdictLeaveOrIgnore = _verdict_of(
        Outcome.XPASSED,
        "The test passed though a failure was expected (not strict).",
    )
    incomplete: VerdictOrLeave = Field(
        default=_DEFAULT_RULES.incomplete,
        description="No failure, but some of the case's tests did not run, or are left (`leave`).",
    )

    def rules(self) -> VerdictRules:
        """Return the rules in the form in which verdicts are judged."""
        given = {
            Outcome(name): getattr(self, name)
            for name in type(self).model_fields
            if name != "incomplete"
        }
        ignored = frozenset(outcome for outcome, word in given.items() if word == IGNORE)
        by_outcome = {outcome: word for outcome, word in given.items() if outcome not in ignored}
        return VerdictRules(MappingProxyType(by_outcome), self.incomplete, ignored)
