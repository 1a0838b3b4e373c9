"""``check`` passes in every world that the sandbox can play, and its report tells them apart."""

from __future__ import annotations

import json
import random
from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_jama.config.models import Settings
from pytest_jama.sandbox.faults import parse_fault
from pytest_jama.sandbox.jama.knobs import Knobs, choices_of
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.named_creation import sent_name
from pytest_jama.targets.jama.probes.check_report import Mask, merge_settings
from pytest_jama.targets.jama.probes.inquiry import Inquiry, ServerAnswer
from pytest_jama.targets.jama.probes.probe_access import AccessProbe
from pytest_jama.targets.jama.probes.scratch_runs import STORED, ScratchRun, ScratchWriter
from pytest_jama.targets.jama.probes.server_description import NEEDED
from tests.every import every
from tests.targets.check_worlds import PROBE, STEPS, Checked
from tests.targets.jama_world import JamaWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor

_SECONDS = 0.3

# What the report says in a world, and only there: knob, value, observation, fact, what it says.
SEEN: list[tuple[str, Any, str, str, object]] = [
    ("unknown_field", "ignore", "extra field", "said", "done"),
    ("created_id", "no", "plan made", "id_told", False),
    ("rich_text", "keep", "rich text", "stored", "as it was sent"),
    ("rich_text", "strict", "steps", "whole_changes", ["action", "expectedResult"]),
    ("search_global_ids", "no", "cases", "global_id_search", False),
    ("duplicate_case", "201-noop", "duplicate case", "same_group", "done"),
    ("duplicate_case", "allow-second-group", "duplicate case", "shown_in_second_group", True),
    ("required_plan_field", "plan", "type: plan", "required_without_setting", ["STRING"]),
    ("required_plan_field", "cycle", "type: cycle", "required_without_setting", ["STRING"]),
    ("test_case_category", "no", "type: case", "told", False),
    ("run_patch", "400", "writing runs", "PATCH add", "400 Bad Request:"),
    ("run_patch", "404", "writing runs", "PATCH add", "404 Not Found:"),
    ("run_patch", "405", "writing runs", "PATCH add", "405 Method Not Allowed:"),
    ("run_patch", "415", "writing runs", "PATCH add", "415 Unsupported Media Type:"),
    ("run_patch", "replace_only", "writing runs", "works", ["PUT", "PATCH replace"]),
    ("runs_filter", "or", "lists", "case_filter", "or"),
    ("status_rule", "inprogress_until_complete", "step rule", "table", {"F--": "INPROGRESS"}),
    ("status_rule", "last_step", "step rule", "table", {"P-P": "PASSED"}),
    ("extra_status", "NOT_APPLICABLE", "other status", "NOT_APPLICABLE", "stored"),
    ("skipped_steps", "pass", "step rule", "table", {"P-P": "PASSED, steps PPP"}),
    ("put_run", "replace", "put omits", "keeps", False),
    ("custom_run_fields", "400", "custom fields", "said", "400 Bad Request:"),
    ("actual_results", "plain", "type: actual results", "text_type", "TEXTAREA"),
    ("actual_results", "drop", "rich text", "said", "accepted, not stored"),
    ("actual_results", "absent", "type: actual results", "found", False),
    ("assignee", "400", "assignment", "said", "400 Bad Request:"),
    ("assignee", "absent", "type: run", "fields", 20),
    ("attachment_body", "attachment", "attachment", "attachmentItemId", "400 Bad Request:"),
    ("attachment_body", "attachmentItemId", "attachment", "attachment", "400 Bad Request:"),
    ("attachment_creation", "403", "attachment", "create", "403 Forbidden:"),
    ("file_limit_bytes", 8, "attachment", "file", "413 "),
    ("attachments_widget", "off", "type: attachments", "widget", {"run": False}),
    ("relationships", "ignored", "API document", "last_id", False),
    ("access", "read_only", "rights: run", "allowed", ["GET"]),
    ("access", "401", "login", "refused", "401 Unauthorized"),
    ("access", "403", "login", "refused", "403 Forbidden at <url>: This user is not permitted"),
    (
        "access",
        "locked",
        "login",
        "refused",
        "403 Forbidden at <url>: This account has been locked",
    ),
    ("access", "maintenance", "address", "status", 429),
    ("auth", "basic", "login", "refused", "POST /rest/oauth/token: 404 Not Found"),
]
HIDING = {"access", "auth", "required_plan_field", ("actual_results", "absent")}
"""Where this is odd, other things are not found out."""

SAYS_TOO = {
    ("attachments_widget", "off"): "attachment_body",
    ("actual_results", "absent"): "assignee",
    ("actual_results", "plain"): "rich_text",
    ("assignee", "absent"): "assignee",
    ("status_rule", "last_step"): "status_rule",
    ("run_patch", "replace_only"): "run_patch",
}
"""Where a world says what another one does: the knob of that one."""

SLOW = [
    ("slow_create_s", "cycle made", "took_s"),
    ("cycle_generation_delay_s", "runs made", "after_s"),
    ("list_lag_s", "fresh lists", "list_is_late_s"),
]
SEEN_OTHERWISE = {"licence", "name_limit", "text_limit", "over_limit"}

UNSEEN = {
    "token_lifetime_s": "a token is renewed without a word",
    "token_type": "the client sends it in one way",
    "token_client": "the client sends the pair in one way",
    "token_error": "the credentials are right",
    "set_types": "no test case is made",
    "item_creation": "no test case is made",
    "search_lag_s": "no test case is made",
    "archived_plan_writes": "no plan is archived",
    "regenerate": "a cycle is written once, since that may cost its runs",
    "locked_write": "it takes another account to lock a run",
    "server_zone": "days differ around midnight only",
    "equal_dates": "no read-only field is sent",
    "search_words": "one word is looked for at a time",
    "search_tokens": "what a search finds is compared with what was asked for",
    "attachment_names": "one file is attached",
    "items_attachments": "runs and plans have paths of their own",
    "over_file_limit": "no limit is met by so small a file",
    "file_stored": "200 and 201 mean the same",
    "relationship_rules": "nothing is related",
}
"""What a check cannot tell, and why."""


@pytest.fixture
def check(closing: ThreadPoolExecutor) -> Iterator[Callable[..., Checked]]:
    """Check a server of its own; it may be stopped later."""
    sandboxes: list[Sandbox] = []

    def checked(
        *, writes: bool = True, given: Mapping[str, Any] | None = None, **knobs: Any
    ) -> Checked:
        sandboxes.append(Sandbox(knobs=Knobs(**knobs)).start())
        return Checked(sandboxes[-1], writes=writes, **(given or {}))

    yield checked
    for sandbox in sandboxes:
        closing.submit(sandbox.stop)


@pytest.fixture(scope="module")
def usual(closing: ThreadPoolExecutor) -> Checked:
    """A check of a server in which nothing is odd."""
    sandbox = Sandbox().start()
    checked = Checked(sandbox)
    closing.submit(sandbox.stop)
    return checked


def _says(found: Any, wanted: object) -> bool:
    if isinstance(found, dict) and isinstance(wanted, dict):
        return all(found.get(name) == value for name, value in wanted.items())
    if isinstance(wanted, str):
        return str(found).startswith(wanted)
    return bool(found == wanted)


def _is_told(row: tuple[str, Any, str, str, object], checked: Checked) -> bool:
    return _says(checked.facts.get(row[2], {}).get(row[3]), row[4])


def _ids(rows: Sequence[tuple[Any, ...]]) -> str:
    return ",".join(f"{row[0]}={row[1]}" for row in rows)


def _worlds() -> list[list[tuple[str, Any, str, str, object]]]:
    """Share the rows out among few worlds; in none of them do two rows look at the same."""
    alone = [row for row in SEEN if row[0] in HIDING or row[:2] in HIDING]
    worlds: list[list[tuple[str, Any, str, str, object]]] = [[] for _ in range(5)]
    for row in (row for row in SEEN if row not in alone):
        fitting = (
            world
            for world in worlds
            if all(row[0] != other[0] and row[2] != other[2] for other in world)
        )
        min(fitting, key=len).append(row)
    return [*worlds, *([row] for row in alone)]


@pytest.mark.parametrize("rows", _worlds(), ids=_ids)
def test_the_report_tells_a_world_apart(
    rows: list[tuple[str, Any, str, str, object]], check: Callable[..., Checked]
) -> None:
    knobs = {row[0]: row[1] for row in rows}
    found = check(**knobs)
    for row in rows:
        assert _says(found.facts[row[2]][row[3]], row[4]), found.facts[row[2]]
    others = [row for row in SEEN if row not in rows and _is_told(row, found)]
    assert {row[0] for row in others} <= {SAYS_TOO.get(row[:2]) for row in rows}, others
    assert found.is_ready or {"access", "auth"} & knobs.keys()
    assert bool(found.made) is (found.is_ready and not {"read_only", "plan"} & set(knobs.values()))


def test_the_usual_world_says_none_of_that(usual: Checked) -> None:
    said = [row[:2] for row in SEEN if _is_told(row, usual) and row[0] != "assignee"]
    assert said == []
    assert [name for name, mark in usual.marks.items() if mark == "problem"] == []
    assert (usual.settings, usual.facts["address"]["versions"]) == ({}, ["v1"])
    assert usual.read_count <= 18
    assert [made.kind for made in usual.made][:3] == ["test plan", "test group", "test cycle"]


def test_seconds_are_measured(usual: Checked, check: Callable[..., Checked]) -> None:
    slow = check(**{knob: _SECONDS for knob, *_ in SLOW})
    for _, name, fact in SLOW:
        assert usual.facts[name][fact] < slow.facts[name][fact], name
        assert slow.facts[name][fact] >= _SECONDS * 0.6, name


def test_limits_of_texts_are_found_with_their_words(check: Callable[..., Checked]) -> None:
    found = check(name_limit=220, text_limit=20_000, over_limit="500")
    texts, names = found.facts["text limits"], found.facts["names"]
    assert (texts["8000"], texts["16000"], names["200"]) == ("whole", "whole", "whole")
    assert (texts["64000"][:4], names["256"][:4]) == ("500 ", "500 ")
    refused = check(text_limit=12_000)
    facts = refused.facts["text limits"]
    assert (facts["8000"], refused.marks["text limits"]) == ("whole", "problem")
    for size in ("16000", "64000"):
        assert facts[size].startswith("400 Bad Request")
        assert "12000" in facts[size]


@pytest.mark.parametrize("licence", [each for each in choices_of("licence") if each != "NAMED"])
def test_each_licence_but_a_named_one_is_a_problem(
    licence: str, check: Callable[..., Checked]
) -> None:
    found = check(writes=False, licence=licence)
    assert (found.marks["login"], found.facts["login"]["license"]) == ("problem", licence)


def test_a_global_id_that_no_search_has_is_found_in_the_groups_of_the_plan(
    check: Callable[..., Checked],
) -> None:
    found = check(writes=False, given={"by_global_id": True}, search_global_ids="no")
    assert (found.marks["cases"], found.facts["cases"]["unresolved"]) == ("ok", 0)


def test_names_that_an_upload_cuts_are_found(check: Callable[..., Checked]) -> None:
    long = "Release " + "1" * 300
    given = {"plan": long, "cycle": long, "named": sent_name(long)}
    found = check(writes=False, given=given)
    assert (found.facts["plan"]["found"], found.facts["cycle"]["found"]) == (True, True)


def test_a_refused_field_matters_only_where_a_setting_asks_for_it(
    check: Callable[..., Checked],
) -> None:
    found = check(assignee="400", custom_run_fields="400")
    assert (found.marks["assignment"], found.marks["custom fields"]) == ("note", "note")
    assert found.settings == {}
    asked = check(given={"run": {"assigned_to": "me"}}, assignee="400")
    assert asked.marks["assignment"] == "problem"
    assert asked.settings == {"run": {"assigned_to": "none"}}


def test_a_right_is_lacking_only_where_an_upload_writes(check: Callable[..., Checked]) -> None:
    found = check(writes=False, access="read_only")
    marks = [found.marks[f"rights: {kind}"] for kind in ("plan", "cycle", "run")]
    assert marks == ["note", "note", "problem"]


def test_steps_get_a_status_with_their_words_as_an_upload_sends_them(
    closing: ThreadPoolExecutor,
) -> None:
    sandbox = Sandbox().start()
    world = JamaWorld(sandbox, "JEET1")
    world.start([world.add_case(1, steps=STEPS)])
    (run,) = world.runs()
    api = open_api(world.settings(), clocks=None, read_timeout_s=30.0)
    writer = ScratchWriter(Inquiry(JamaClient(api, at_once=1)))
    told = [writer.set_status(ScratchRun(run.id, 3), "FAILED", way)[0] for way in ("", "PUT")]
    api.connection.close()
    sent = [each.body for each in sandbox.requests if each.method in ("PATCH", "PUT")]
    closing.submit(sandbox.stop)
    assert told == [STORED, STORED]
    for steps in (sent[0][0]["value"], sent[1]["fields"]["testRunSteps"]):
        assert [step["action"] for step in steps] == [step["action"] for step in STEPS]


class _Documented:
    """Stands for a server of which only the API document is asked."""

    def __init__(self, lacking: str) -> None:
        named = {*NEEDED, "PATCH /testruns/{}", "GET /testcycles/{}/testruns"} - {lacking}
        self._paths: dict[str, dict[str, Any]] = {}
        for method, path in map(str.split, named):
            self._paths.setdefault(path, {})[method.lower()] = {}

    def get(self, path: str) -> ServerAnswer:
        return ServerAnswer({"paths": self._paths} if path == "/rest/v1/api-docs" else {})


@every(
    "lacking, existing, mark",
    [
        ("GET /testruns", (), "note"),
        ("POST /testplans", ("plan",), "note"),
        ("POST /testplans", (), "problem"),
        ("POST /testplans/{}/testcycles", ("plan",), "problem"),
        ("POST /testplans/{}/testcycles", ("plan", "cycle"), "note"),
    ],
)
def test_an_operation_is_lacking_only_where_an_upload_needs_it(
    lacking: str, existing: tuple[str, ...], mark: str
) -> None:
    access = AccessProbe(cast("Inquiry", _Documented(lacking)), Settings.model_construct())
    (found,) = access.api_document(existing)
    assert (found.mark.value, found.facts["missing"]) == (mark, [lacking])
    assert "operations; " in found.text


def test_what_cannot_be_told_changes_nothing(check: Callable[..., Checked]) -> None:
    unseen = [knob for knob in fields(Knobs) if knob.name in UNSEEN]
    others: dict[str, Any] = {}
    for knob in unseen:
        choices = choices_of(knob.name)
        others[knob.name] = choices[-1] if choices else _SECONDS
    others |= {"server_zone": "-05:00", "token_lifetime_s": 30.0}
    found = check(**others)
    assert [name for name, mark in found.marks.items() if mark == "problem"] == []
    assert found.settings == {}


def test_every_knob_is_seen_or_has_a_reason() -> None:
    told = {row[0] for row in SEEN} | {row[0] for row in SLOW} | SEEN_OTHERWISE
    assert {knob.name for knob in fields(Knobs)} - told - UNSEEN.keys() == set()
    assert UNSEEN.keys() - {knob.name for knob in fields(Knobs)} == set()
    assert told & UNSEEN.keys() == set()


@pytest.mark.parametrize("seed", range(3))
def test_two_odd_things_at_once_end_no_check(seed: int, check: Callable[..., Checked]) -> None:
    rows = [row for row in SEEN if row[0] not in ("access", "auth", "required_plan_field")]
    one, other = random.Random(seed).sample(rows, 2)  # noqa: S311 (worlds, no secrets)
    found = check(**{one[0]: one[1], other[0]: other[1]})
    assert found.made
    assert "step rule" in found.facts


def test_the_report_has_no_names(check: Callable[..., Checked]) -> None:
    found = check(required_plan_field="cycle", runs_filter="or")
    text = json.dumps(found.report)
    for name in (PROBE, "JEET1", "Release 1", "Build 7", "127.0.0.1", "sandbox", "TSTRN-", "/17"):
        assert name not in text, name
    assert any("JEET1-TC-1" in text for text in found.texts.values())


def test_nothing_but_the_plan_of_the_probe_changes(usual: Checked) -> None:
    assert usual.made
    assert usual.others_after == usual.others_before


@every(
    "said, shown",
    [
        ("400 Bad Request: ABC_1-TC-17 is locked", "400 Bad Request: <key> is locked"),
        ("GID-AFD-113502 of ann@acme.example", "<global id> of <mail>"),
        ("see https://jama.acme.com/x?id=1 or jama.acme.com", "see <url> or <host>"),
        ("item 20497 is not there", "item <id> is not there"),
        (
            "at most 255 characters, not 64000 characters",
            "at most 255 characters, not 64000 characters",
        ),
        ("PUT /rest/v1/testruns/17: 500 Oops", "PUT /rest/v1/testruns/<id>: 500 Oops"),
        ("build number$37 of Pump control", "build <field> of <name>"),
        ("302 redirects to https://sso.acme.com; ask", "302 redirects to <url>; ask"),
        ("lower `upload.rate`", "lower `upload.rate`"),
    ],
)
def test_what_looks_like_a_name_is_hidden(said: str, shown: str) -> None:
    assert Mask({"Pump control", "7"}).hide(said) == shown


def test_a_probe_that_fails_is_told_and_the_next_ones_go_on(closing: ThreadPoolExecutor) -> None:
    sandbox = Sandbox().start()
    faults = [parse_fault("garbage@/itemtypes"), parse_fault("500@PUT/testruns/*")]
    with sandbox.faults.during(*faults):
        found = Checked(sandbox)
    closing.submit(sandbox.stop)
    assert (found.marks["types"], found.marks["lists"]) == ("problem", "ok")
    assert found.texts["types"].startswith("not found out: GET /rest/v1/itemtypes: ")
    assert found.facts["writing runs"]["PUT"].startswith("500 ")
    assert found.facts["step rule"]["table"]["F--"] == "FAILED"


def test_fields_of_the_settings_fill_what_must_have_a_value(closing: ThreadPoolExecutor) -> None:
    sandbox = Sandbox(knobs=Knobs(required_plan_field="cycle")).start()
    missing = Checked(sandbox)
    ((label, _),) = merge_settings(missing.found)["cycle"]["fields"].items()
    closing.submit(sandbox.stop)
    sandbox = Sandbox(knobs=Knobs(required_plan_field="cycle")).start()
    given = Checked(sandbox, cycle={"name": "Build 7", "fields": {label: "x"}})
    closing.submit(sandbox.stop)
    assert (missing.marks["type: cycle"], given.marks["type: cycle"]) == ("problem", "ok")
    assert "cycle made" not in missing.facts
    assert given.facts["cycle made"]["took_s"] >= 0
