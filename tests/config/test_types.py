"""What each kind of setting accepts, and what becomes of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.config import Settings, VerdictSettings
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Verdict, VerdictRules
from tests.config.values import COMPLETE, load, problems_of
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path


@every(
    "written,url",
    [
        ("https://acme.jamacloud.com", "https://acme.jamacloud.com"),
        ("https://acme.jamacloud.com/", "https://acme.jamacloud.com"),
        ("acme.jamacloud.com", "https://acme.jamacloud.com"),
        ("ACME.jamacloud.com", "https://acme.jamacloud.com"),
        ("HTTPS://acme.jamacloud.com", "https://acme.jamacloud.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/x/", "http://[::1]:8080/x"),
        ("localhost:8080", "https://localhost:8080"),
        ("https://host/contour", "https://host/contour"),
        ("https://host//contour//", "https://host/contour"),
        ("https://host/contour/rest/v1", "https://host/contour"),
        ("https://host/rest/v1/", "https://host"),
        ("https://host/rest/latest", "https://host"),
        ("https://host/rest", "https://host"),
        ("https://host/contour/rest/v1/projects?startAt=0", "https://host/contour"),
        ("https://host/restful", "https://host/restful"),
        ("https://host/perspective.req#/items/5?projectId=2", "https://host"),
        (" https://host ", "https://host"),
    ],
)
def test_a_url_is_brought_into_one_form(written: str, url: str) -> None:
    assert Settings(url=written).url == url


@every(
    "url",
    [
        "ftp://host",
        "https://",
        "host:port",
        "https://host%2eevil.example",
        "https://host;evil",
        "http://a b",
        "https://h/a b",
        "[a]",
        "{}",
    ],
)
def test_what_is_no_url_is_refused(tmp_path: Path, url: str) -> None:
    text = COMPLETE.replace("https://jama.test", f"'{url}'")
    assert problems_of(tmp_path, text) == [
        (
            f"jama.yaml:1: url is '{url}'; "
            "use the address of the server, such as https://acme.jamacloud.com"
        ),
    ]


@every(
    "url, meant",
    [
        ("https:/host", "https://host"),
        ("HTTP:/host", "http://host"),
        ("https:host:8443/contour", "https://host:8443/contour"),
        ("https:///x", "https://x"),
        ("https//host", "https://host"),
        ("htp//host", "http://host"),
        ("htps://host/contour", "https://host/contour"),
        ("http/host", "http://host"),
        ("https:\\\\host", "https://host"),
    ],
)
def test_an_address_with_a_slip_behind_its_scheme_is_refused_with_what_is_meant(
    tmp_path: Path, url: str, meant: str
) -> None:
    text = COMPLETE.replace("https://jama.test", f"'{url}'")
    assert problems_of(tmp_path, text) == [f"jama.yaml:1: url is {url!a}; write '{meant}'"]


def test_a_host_may_begin_like_a_scheme() -> None:
    assert Settings(url="httpx.acme.test").url == "https://httpx.acme.test"


@every(
    "url", ["https://host\\.evil", "https://ho\tst", "https://host\n.evil", "https://host\u200b"]
)
def test_what_nobody_sees_in_a_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        Settings(url=url)


@every(
    "written,seconds",
    [("120s", 120), ("2m", 120), ("500ms", 0.5), ("1h", 3600), ("90", 90), ("1.5 m", 90)],
)
def test_a_duration_has_a_unit_or_is_in_seconds(
    tmp_path: Path,
    written: str,
    seconds: float,
) -> None:
    settings = load(tmp_path, f"{COMPLETE}upload: {{give_up_after: {written}}}\n").settings
    assert settings.upload.give_up_after_s == seconds


@every("written", ["0", "0s", "-5", "2 weeks", "1m30s", "s", "inf", "1e3", "٣s"])
def test_other_durations_are_refused(tmp_path: Path, written: str) -> None:
    (message,) = problems_of(tmp_path, f"{COMPLETE}upload: {{give_up_after: {written}}}\n")
    assert message == (
        f"jama.yaml:5: upload.give_up_after is {written!r}; "
        "use a duration, such as 120s, 2m or 500ms, or a number of seconds"
    )


@every(
    "written,name",
    [
        ("1.10", "1.10"),
        ("2024-02-01", "2024-02-01"),
        ("yes", "yes"),
        ("0123", "0123"),
        ("20494", "20494"),
        ("'  padded '", "padded"),
        ("'null'", "null"),
        ("'${X:-~}'", "~"),
        ("id:x", "id:x"),
        ("{name: 1.10}", "1.10"),
    ],
)
def test_a_name_is_what_is_written(tmp_path: Path, written: str, name: str) -> None:
    text = COMPLETE.replace("Release 1", written)
    assert load(tmp_path, text).settings.plan.name == name


@every("written", ["id:20494", "'id: 20494'", "{id: 20494}", "{id: '20494'}"])
def test_an_id_says_that_it_is_one(tmp_path: Path, written: str) -> None:
    plan = load(tmp_path, COMPLETE.replace("Release 1", written)).settings.plan
    assert (plan.id, plan.name, str(plan)) == (20494, None, "id:20494")


@every("written,project", [("JEET1", "JEET1"), ("52", 52), ("'52'", 52)])
def test_a_project_is_a_key_or_an_id(tmp_path: Path, written: str, project: str | int) -> None:
    text = COMPLETE.replace("project: P", f"project: {written}")
    assert load(tmp_path, text).settings.project == project


@every(
    "line,section,name,value",
    [
        ("upload: {rate: auto}", "upload", "rate", "auto"),
        ("upload: {rate: '2.5'}", "upload", "rate", 2.5),
        ("upload: {concurrency: '${N:-4}'}", "upload", "concurrency", 4),
        ("run: {actual_results: no}", "run", "actual_results", False),
        ("run: {assigned_to: me}", "run", "assigned_to", "me"),
        ("tls: {verify: false}", "tls", "verify", False),
        ("tls: {client_cert: }", "tls", "client_cert", None),
        ("verdicts: {passed: Leave}", "verdicts", "passed", None),
        ("verdicts: {skipped: blocked}", "verdicts", "skipped", Verdict.BLOCKED),
    ],
)
def test_a_text_becomes_what_the_setting_wants(
    tmp_path: Path,
    line: str,
    section: str,
    name: str,
    value: object,
) -> None:
    settings = load(tmp_path, f"{COMPLETE}{line}\n").settings
    assert getattr(getattr(settings, section), name) == value


def test_the_days_of_a_cycle_are_dates(tmp_path: Path) -> None:
    text = COMPLETE.replace("Build 1", "{name: B, start: 2024-02-01, end: '${DATE}'}")
    cycle = load(tmp_path, text).settings.cycle
    assert (cycle.start, cycle.end) == (date(2024, 2, 1), date(2024, 2, 1))


@every(
    "written,value",
    [
        ("17", 17),
        ("-4", -4),
        ("'17'", "17"),
        ("1.5", 1.5),
        ("1.2.3", "1.2.3"),
        ("007", "007"),
        ("true", True),
        ("'true'", "true"),
        ("yes", "yes"),
        ("2024-02-01", "2024-02-01"),
        ("[1, two]", [1, "two"]),
        ("${N}", 42),
        ("'${N}'", "42"),
    ],
)
def test_a_custom_field_has_the_type_that_it_looks_like(
    tmp_path: Path,
    written: str,
    value: Any,
) -> None:
    text = f"{COMPLETE}run:\n  fields:\n    build$37: {written}\n"
    fields = load(tmp_path, text, environ={"N": "42"}).settings.run.fields
    assert fields == {"build$37": value}
    assert type(fields["build$37"]) is type(value)


def test_without_settings_the_rules_are_those_of_the_core() -> None:
    assert VerdictSettings().rules() == VerdictRules()


def test_settings_of_verdicts_become_rules(tmp_path: Path) -> None:
    words = "skipped: BLOCKED, failed: leave, incomplete: leave, xfailed: Ignore"
    text = f"{COMPLETE}verdicts: {{{words}}}\n"
    rules = load(tmp_path, text).settings.verdicts.rules()
    assert rules.verdict_of(Outcome.SKIPPED) is Verdict.BLOCKED
    assert rules.verdict_of(Outcome.FAILED) is None
    assert rules.incomplete is None
    assert rules.ignored == {Outcome.XFAILED}
