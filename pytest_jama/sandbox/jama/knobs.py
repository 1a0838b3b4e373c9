"""The switches for everything that Jama's documentation leaves open or says twice."""

from dataclasses import dataclass
from typing import Literal

from pytest_jama.sandbox.knob_words import KnobSet
from pytest_jama.sandbox.knob_words import knob as _knob


@dataclass(frozen=True, kw_only=True)
class Knobs(KnobSet):
    """How this sandbox behaves where Jama's documentation is silent or contradicts itself.

    The defaults are the strict or the documented reading. Every attribute is one knob; its
    reason is part of the declaration and ends up in the table of `docs/sandbox-knobs.md`.
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
    # -- items ---------------------------------------------------------------------------
    set_types: Literal["refuse", "allow"] = _knob(
        "refuse", "a set is for items of one type; how another type below it is refused is unknown"
    )
    item_creation: Literal["allow", "403"] = _knob(
        "allow", "the account may lack the right to create items in the project"
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


def choices_of(name: str) -> tuple[str, ...]:
    """Return the values that a knob takes; none if it takes any number or offset."""
    return Knobs.choices_of(name)
