"""The switches for everything that Jama's documentation leaves open or says twice."""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar, cast, get_args, get_type_hints

_Value = TypeVar("_Value")


class KnobError(ValueError):
    """A knob that does not exist, or a value it does not take."""


def _knob(default: _Value, why: str) -> _Value:
    """Declare one knob; typed as its value so that a dataclass reads naturally."""
    return field(default=default, metadata={"why": why})


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """How this sandbox behaves where Jama's documentation is silent or contradicts itself.

    The defaults are the strict or the documented reading. Every attribute is one knob; its
    reason is part of the declaration and ends up in the table of `docs/sandbox.md`.
    """

    # -- requests ------------------------------------------------------------------------
    unknown_field: Literal["400", "ignore"] = _knob(
        "400", "undocumented; one test of Jama's own puts an unknown field and expects 200"
    )
    created_id: Literal["yes", "no"] = _knob(
        "yes", "`meta.id` of a 201 is missing on servers older than September 2018"
    )
    rich_text: Literal["normalise", "keep", "strict"] = _knob(
        "normalise",
        "recorded values read `<p>..</p>` and a newline; HTML cleaning takes more, in steps, too",
    )
    name_limit: int = _knob(0, "no limit of names and other one-line texts is known; 0 sets none")
    text_limit: int = _knob(0, "no limit of texts is known, rich text and results; 0 sets none")
    over_limit: Literal["400", "500"] = _knob(
        "400", "how too long a name or text is refused is unknown; a database error is possible"
    )
    server_zone: str = _knob("+00:00", "days inside `fields` may be those of the server's own zone")
    equal_dates: Literal["pass", "refuse"] = _knob(
        "pass", "equal read-only values pass; Jama said in 2016 that dates are taken for different"
    )
    # -- authentication ------------------------------------------------------------------
    auth: Literal["both", "basic", "oauth"] = _knob(
        "both", "Basic stops working with single sign-on; old self-hosted servers lack OAuth"
    )
    token_lifetime_s: float = _knob(
        3600.0, "nominal lifetime of a token; there is no refresh token"
    )
    token_type: Literal["Bearer", "bearer"] = _knob("Bearer", "it was `bearer` before July 2024")
    token_client: Literal["basic", "form_too"] = _knob(
        "basic", "client id and secret as form fields: used by one client, not confirmed by Jama"
    )
    token_error: Literal["oauth", "envelope"] = _knob(
        "oauth", "the error body of the token endpoint is undocumented"
    )
    access: Literal["allow", "read_only", "401", "403", "locked", "maintenance"] = _knob(
        "allow", "the account may lack the API, or be locked; the server may be under maintenance"
    )
    licence: Literal[
        "NAMED",
        "FLOATING",
        "STAKEHOLDER",
        "FLOATING_COLLABORATOR",
        "RESERVED_COLLABORATOR",
        "FLOATING_REVIEWER",
        "RESERVED_REVIEWER",
        "NAMED_REVIEWER",
        "TEST_RUNNER",
        "EXPIRING_TRIAL",
        "INACTIVE",
    ] = _knob(
        "NAMED", "newer servers let only Named Creators use the API: `access=403` says so then"
    )
    # -- search --------------------------------------------------------------------------
    search_lag_s: float = _knob(0.0, "a new item is visible to search only after a moment")
    search_words: Literal["all", "any"] = _knob(
        "all", "whether `contains` with several words needs all of them is not said"
    )
    search_tokens: Literal["whole", "split"] = _knob(
        "whole", "whether `contains` takes GID-AFD-1 for one word or for three is not said"
    )
    search_global_ids: Literal["yes", "no"] = _knob(
        "yes", "global IDs are not listed among the fields that `contains` looks through"
    )
    # -- plans, groups, cycles -----------------------------------------------------------
    archived_plan_writes: Literal["allow", "400"] = _knob(
        "allow", "whether an archived plan can be written to is undocumented"
    )
    duplicate_case: Literal["400", "201-noop", "allow-second-group"] = _knob(
        "400", "a plan holds a case once; what adding it again gives is undocumented"
    )
    required_plan_field: Literal["no", "plan", "cycle"] = _knob(
        "no", "admins can add required fields to any type; here `Region`, a text"
    )
    test_case_category: Literal["yes", "no", "no_categories"] = _knob(
        "yes", "admins choose which types are test cases; old servers tell no category at all"
    )
    slow_create_s: float = _knob(
        0.0, "how long a POST of a plan, group or cycle takes is open; it is seen only at the end"
    )
    cycle_generation_delay_s: float = _knob(
        0.0, "the runs of a large cycle may appear later than the answer"
    )
    regenerate: Literal["add_missing", "recreate_all", "refuse"] = _knob(
        "add_missing", "PUT of a cycle regenerates its runs; the fate of results is undocumented"
    )
    # -- runs ----------------------------------------------------------------------------
    runs_filter: Literal["and", "or"] = _knob(
        "and", "how `testCycle`, `testCase` and `testPlan` of one list of runs combine is not said"
    )
    list_lag_s: float = _knob(
        0.0, "lists may come from an index or a replica: they show each run as it was before"
    )
    run_patch: Literal["allow", "400", "404", "405", "415", "replace_only"] = _knob(
        "allow", "PATCH of a run is documented, yet most clients are known to use PUT only"
    )
    status_rule: Literal["fail_first", "inprogress_until_complete", "last_step"] = _knob(
        "fail_first", "the rule that derives a run's status from its steps is not published"
    )
    extra_status: Literal["none", "NOT_APPLICABLE"] = _knob(
        "none", "admins can switch on a status beside the five; its name in the API is a guess"
    )
    skipped_steps: Literal["keep", "pass"] = _knob(
        "keep", "an admin option makes the steps PASSED that were left out of an execution"
    )
    put_run: Literal["merge", "replace"] = _knob(
        "merge", "whether PUT clears the fields of a run that it leaves out is undocumented"
    )
    custom_run_fields: Literal["allow", "400"] = _knob(
        "allow", "impossible according to Jama in 2019, done by a client since 2021"
    )
    actual_results: Literal["rich", "plain", "drop", "absent"] = _knob(
        "rich", "admins can make the field plain text or take it away; unknown ones may be ignored"
    )
    assignee: Literal["allow", "400", "absent"] = _knob(
        "allow", "whom a run can be assigned to depends on rights; admins can take the field away"
    )
    # -- locks and attachments -----------------------------------------------------------
    locked_write: Literal["403", "400", "409", "423"] = _knob(
        "403", "writing what another user locked is refused; the status is undocumented"
    )
    attachment_body: Literal["both", "attachment", "attachmentItemId"] = _knob(
        "both", "the cookbook says `attachmentItemId`, the OpenAPI document `attachment`"
    )
    attachments_widget: Literal["on", "off", "off_for_runs", "off_for_plans"] = _knob(
        "on", "attaching is refused where the item type's attachments widget is off"
    )
    attachment_creation: Literal["allow", "403"] = _knob(
        "allow", "the account may lack the right to add attachments to the project"
    )
    attachment_names: Literal["any", "unique"] = _knob(
        "any", "whether a project can have two attachments of one name is undocumented"
    )
    items_attachments: Literal["items", "plans_and_runs"] = _knob(
        "items", "the cookbook says `/items/ID/attachments` serves plans and runs, users get a 404"
    )
    file_limit_bytes: int = _knob(0, "no limit of files is known; 0 sets none")
    over_file_limit: Literal["413", "400", "proxy"] = _knob(
        "413", "how too large a file is refused is unknown; `proxy` is a 413 with a page of HTML"
    )
    file_stored: Literal["200", "201"] = _knob(
        "200", "a file that is stored is answered with either"
    )
    # -- relationships -------------------------------------------------------------------
    relationships: Literal["last_id_required", "clamped", "ignored"] = _knob(
        "last_id_required",
        "`lastId` is required since 9.6, with pages of 1,000 or `clamped` to 50; older servers "
        "ignore it",
    )
    relationship_rules: Literal["off", "on"] = _knob(
        "off", "projects can have rules: here requirements lead down to cases, those to defects"
    )

    @classmethod
    def parse(cls, settings: Iterable[str]) -> "Knobs":
        """Read `NAME=VALUE` words, as the command line has them; the last of a name counts.

        Raises:
            KnobError: A word without `=`, an unknown name, or a value the knob does not take.
        """
        return cls(**dict(_parsed(setting) for setting in settings))


def choices_of(name: str) -> tuple[str, ...]:
    """Return the values that a knob takes; none if it takes any number or offset."""
    return cast("tuple[str, ...]", get_args(get_type_hints(Knobs)[name]))


def _parsed(setting: str) -> tuple[str, Any]:
    name, equals, value = (part.strip() for part in setting.partition("="))
    known = [knob.name for knob in fields(Knobs)]
    if not equals:
        raise KnobError(f"knob {setting!r} has no value; write NAME=VALUE")
    if name not in known:
        raise KnobError(f"unknown knob {name!r}{_nearest(name, known)}")
    return name, _value(name, value)


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"


def _value(name: str, value: str) -> str | float:
    choices = choices_of(name)
    if not choices:
        default = getattr(Knobs(), name)
        return _PARSERS[type(default)](name, value)
    if value not in choices:
        raise KnobError(f"knob {name}={value!r} is not one of {', '.join(choices)}")
    return value


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError as exc:
        raise KnobError(f"knob {name}={value!r} is not a number of seconds") from exc
    if not 0 <= seconds < float("inf"):
        raise KnobError(f"knob {name}={value!r} must be 0 seconds or more")
    return seconds


_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-4]):[0-5][0-9]", re.ASCII)


def unit_of(name: str) -> str:
    """Return what a knob counts that takes whole numbers."""
    return "bytes" if name.endswith("_bytes") else "characters"


def _count(name: str, value: str) -> int:
    if not _DIGITS.fullmatch(value):
        raise KnobError(f"knob {name}={value!r} is not a number of {unit_of(name)} such as 255")
    return int(value)


def _offset(name: str, value: str) -> str:
    if not _OFFSET.fullmatch(value):
        raise KnobError(f"knob {name}={value!r} is not an offset from UTC such as +02:00")
    return value


_PARSERS: dict[type, Callable[[str, str], str | float]] = {
    float: _seconds,
    int: _count,
    str: _offset,
}
"""By the type of the knob's default."""
