"""The switches for everything that is not known of the server."""

from dataclasses import dataclass
from typing import Literal

from pytest_jama.sandbox.knob_words import KnobSet, knob


@dataclass(frozen=True, kw_only=True)
class OctaneKnobs(KnobSet):
    """How the stand-in behaves where public material is silent or contradicts itself.

    The defaults are the strict or the documented reading; the reasons end up in
    `docs/octane-sandbox.md`.
    """

    # -- signing in ----------------------------------------------------------------------
    token_renewal: Literal["never", "always", "strict"] = knob(
        "never", "every answer may renew the token; with `strict` the one before ends at once"
    )
    token_use_count: int = knob(0, "a token ends after so many requests; 0 lets it live")
    sign_in_with_cookie: Literal["200", "304", "401"] = knob(
        "200", "signing in with an old, still valid cookie may be answered 304 or fail"
    )
    csrf: Literal["off", "on"] = knob(
        "off", "servers of 2015-17 want HPSSO_COOKIE_CSRF back in HPSSO-HEADER-CSRF"
    )
    sign_out: Literal["200", "302"] = knob("200", "302 on old servers")
    users: Literal["allow", "api_keys_only"] = knob(
        "allow", "a site parameter restricts the API to API keys"
    )
    basic: Literal["off", "on"] = knob("off", "a site parameter allows Basic, without signing in")
    preview_names: str = knob("", "collections that need ALM-OCTANE-TECH-PREVIEW differ by version")
    forbidden_names: str = knob("", "what the CI/CD role may read is unknown: 403 for these")
    # -- results -------------------------------------------------------------------------
    task_poll_count: int = knob(2, "how often a task is still queued or running when asked for")
    task_end: Literal["result", "never", "warning", "failed"] = knob(
        "result", "a task may never end, or end worse than its document deserves"
    )
    status_words: Literal["plain", "padded"] = knob(
        "plain", 'samples of the help read `" SUCCESS "`'
    )
    until: Literal["offset", "z"] = knob("offset", "written with +0000; older clients break at Z")
    task_life_s: float = knob(604_800.0, "how long a task is remembered; its `until` says it")
    hash_life_s: float = knob(604_800.0, "how long the hash of a payload is remembered is unknown")
    hash_of: Literal["unpacked", "packed"] = knob(
        "unpacked", "whether the hash is taken before or after unpacking is unknown"
    )
    hash_with_flag: Literal["no", "yes"] = knob(
        "no", "whether skip-errors counts for the hash is unknown"
    )
    failed_hash: Literal["forgotten", "same_flag"] = knob(
        "forgotten", "a failed payload does not block the same one with skip-errors=true"
    )
    left_out_runs: Literal["success", "warning"] = knob(
        "success", "whether runs that are left out are told of without skip-errors is unknown"
    )
    unknown_test_field: Literal["ignore", "error"] = knob(
        "ignore", "what becomes of a test field whose value is in no list is unknown"
    )
    twice_in_document: Literal["both", "first", "error"] = knob(
        "both", "what two runs of one test in one document become is unknown"
    )
    document_schema: Literal["older", "newest"] = knob(
        "older", "the newest schema has artifact_id and external_assets"
    )
    document_limit_bytes: int = knob(0, "no limit of documents is known; 0 sets none: 413 above it")
    gzip: Literal["both", "gzip", "application_gzip", "400", "415"] = knob(
        "both", "the help and a client of the vendor spell Content-Encoding differently"
    )
    # -- builds --------------------------------------------------------------------------
    build_delay_s: float = knob(0.0, "a build shows with a delay")
    build_look_count: int = knob(0, "how many looks do not see a new build yet")
    # -- entities ------------------------------------------------------------------------
    list_ids: Literal["logical", "number"] = knob(
        "logical", "ids of list entries and phases are logical names, on old servers numbers"
    )
    reference_look: Literal["bare", "named"] = knob(
        "bare", "references may come with names although nobody asked for them"
    )
    unknown_field: Literal["400", "ignore"] = knob(
        "400", "what becomes of an unknown name in `fields` or in a body is unknown"
    )
    page_default_count: int = knob(100, "how many entities a page has without `limit` is unknown")
    page_limit_count: int = knob(1000, "the maximum of `limit`; SDKs use 1000")
    over_page_limit: Literal["400", "clamp"] = knob(
        "400", "how a `limit` above the maximum is answered is unknown"
    )
    total_limit_count: int = knob(0, "`total_count` may be capped; 0 tells it exactly")
    caret: Literal["400", "escape"] = knob("400", r"whether `\^` is possible in a text is unknown")
    bulk_failure_count: int = knob(0, "the entity of this number in a bulk write fails; 0 none")
    single_error: Literal["bare", "envelope"] = knob(
        "bare", "a POST of a single entity may answer with the envelope and `errors`, too"
    )
    error_look: Literal["platform", "servlet"] = knob(
        "platform", "the servlet container writes `message`, perhaps with HTML-escaped JSON"
    )
    planned_steps: Literal["no", "yes"] = knob(
        "no", "the steps of a planned manual run may be made with it"
    )
