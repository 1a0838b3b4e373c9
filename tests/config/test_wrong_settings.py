"""Every kind of wrong setting is said with line, value and remedy, and all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.config.values import COMPLETE, load, problems_of
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

RATES = "auto or a positive number of requests per second"
SECTION = "a mapping with when, on_error, no_credentials, give_up_after, concurrency, rate"
FIELDS = "a mapping of label or API name to value, such as {Build: 17} or {build$37: 17}"
ONE_OF_THEM = "give one of them: a name, {id: 20494} or {name: ...}"
STATUSES = "FAILED, BLOCKED, INPROGRESS, NOT_RUN, PASSED, leave or ignore"
STATUSES_OF_CASES = "FAILED, BLOCKED, INPROGRESS, NOT_RUN, PASSED or leave"
FIELD_NAMES = "use the label that Jama shows, or the name in the REST API, such as build$37"
FIELD_VALUES = "use a text, a number, true, false, or a list of these"
MARK_THE_GROUP = r"mark the reference in it, such as \[(?P<case>[A-Z0-9]+-TC-\d+)\]"
TWICE = "correct it; in double quotes, YAML needs each backslash twice"
JOURNAL = "the path of a folder, or {folder: .jama, keep: 10}"
ONLY_ONCE = "repeat only once: [A-Z]+ instead of ([A-Z]+)+"
UNKNOWN_IN_JUNIT = "unknown key 'skiped_wins' in junit; did you mean junit.skipped_wins?"
A_DAY = "a day, such as 2024-02-01"


@every(
    "line,message",
    [
        ("urll: x", "unknown key 'urll'; did you mean url?"),
        (
            "upload: {on-error: warn}",
            "unknown key 'on-error' in upload; did you mean upload.on_error?",
        ),
        ("on_error: warn", "unknown key 'on_error'; did you mean upload.on_error?"),
        ("tls: {x: 1}", "unknown key 'x' in tls; known are verify, client_cert"),
        ("upload: {concurrency: 0}", "upload.concurrency is '0'; use a whole number from 1 to 64"),
        (
            "upload: {concurrency: 65}",
            "upload.concurrency is '65'; use a whole number from 1 to 64",
        ),
        (
            "upload: {concurrency: many}",
            "upload.concurrency is 'many'; use a whole number from 1 to 64",
        ),
        ("upload: {on_error: no}", "upload.on_error is 'no'; use fail or warn"),
        ("upload: {on_error: }", "upload.on_error is empty; use fail or warn"),
        ("upload: {on_error: [fail]}", "upload.on_error is a list; use fail or warn"),
        ("upload: {rate: 0}", f"upload.rate is '0'; use {RATES}"),
        ("upload: {rate: .inf}", f"upload.rate is '.inf'; use {RATES}"),
        ("upload: {rate: nan}", f"upload.rate is 'nan'; use {RATES}"),
        ("upload: fast", f"upload is 'fast'; use {SECTION}"),
        ("run: {actual_results: maybe}", "run.actual_results is 'maybe'; use true or false"),
        ("run: {assigned_to: bob}", "run.assigned_to is 'bob'; use none or me"),
        ("run: {fields: [a]}", f"run.fields is a list; use {FIELDS}"),
        (
            "run: {fields: {' ': 1}}",
            f"run.fields.  has a field without a name; {FIELD_NAMES}",
        ),
        (
            "run: {fields: {a$1: {b: c}}}",
            f"run.fields.a$1 has a value that Jama cannot store; {FIELD_VALUES}",
        ),
        (
            "run: {fields: {a$1: }}",
            f"run.fields.a$1 has a value that Jama cannot store; {FIELD_VALUES}",
        ),
        ("verdicts: {passed: ok}", f"verdicts.passed is 'ok'; use {STATUSES}"),
        (
            "verdicts: {incomplete: ignore}",
            f"verdicts.incomplete is 'ignore'; use {STATUSES_OF_CASES}",
        ),
        ("verdicts: {passed: }", f"verdicts.passed is empty; use {STATUSES}"),
        (
            "verdicts: {skiped: leave}",
            "unknown key 'skiped' in verdicts; did you mean verdicts.skipped?",
        ),
        ("junit: {skipped_wins: maybe}", "junit.skipped_wins is 'maybe'; use true or false"),
        ("junit: {skiped_wins: true}", UNKNOWN_IN_JUNIT),
        ("names: ''", "names is empty; use a regular expression with a group `(?P<case>...)`"),
        ("names: [a]", "names is a list; use a regular expression with a group `(?P<case>...)`"),
        (r"names: 'TC-\d+'", f"names has no group named 'case'; {MARK_THE_GROUP}"),
        (
            "names: '(?P<case>['",
            f"names is not a regular expression: unterminated character set at position 9; {TWICE}",
        ),
        (
            r"names: '(?P<case>(\w+)*-TC)'",
            rf"names repeats a repetition in (\w+)*, which can take forever; {ONLY_ONCE}",
        ),
        ("journal: ''", f"journal is empty; use {JOURNAL}"),
        (
            "journal: [a]",
            f"journal is a list; use {JOURNAL}",
        ),
        ("journal: {folder: ''}", "journal.folder is empty; use the path of a folder"),
        ("journal: {keep: 0}", "journal.keep is '0'; use all or a whole number from 1"),
        ("journal: {keep: none}", "journal.keep is 'none'; use all or a whole number from 1"),
        ("target: ' '", "target is empty; use a name"),
        ("tests: [a]", "tests is a list; use a mapping of test ID or pattern to case references"),
        ("tests: a", "tests is 'a'; use a mapping of test ID or pattern to case references"),
    ],
)
def test_a_wrong_setting_is_said_with_its_line_and_what_is_allowed(
    tmp_path: Path,
    line: str,
    message: str,
) -> None:
    assert problems_of(tmp_path, f"{COMPLETE}{line}\n") == [f"jama.yaml:5: {message}"]


@every(
    "cycle,message",
    [
        ("", "cycle is empty; use a name, {id: 20495} or {name: ...}"),
        ("[a]", "cycle is a list; use a name, {id: 20495} or {name: ...}"),
        ("' '", "cycle.name is empty; use a name"),
        ("{name: ''}", "cycle.name is empty; use a name"),
        ("{name: x, id: 5}", f"cycle has both id and name; {ONE_OF_THEM}"),
        ("{create: true}", f"cycle has neither id nor name; {ONE_OF_THEM}"),
        ("{id: soon}", "cycle.id is 'soon'; use an API ID, a positive whole number"),
        ("{id: 0}", "cycle.id is '0'; use an API ID, a positive whole number"),
        ("{nam: x}", "unknown key 'nam' in cycle; did you mean cycle.name?"),
        ("{name: x, start: today}", f"cycle.start is 'today'; use {A_DAY}"),
        ("{name: x, end: 1706745600}", f"cycle.end is '1706745600'; use {A_DAY}"),
        ("{name: x, end: 2024-02-30}", f"cycle.end is '2024-02-30'; use {A_DAY}"),
        (
            "{name: x, start: 2024-02-02, end: 2024-02-01}",
            "cycle.end is 2024-02-01, before the start on 2024-02-02; correct one of them",
        ),
        ("{name: x, missing_runs: drop}", "cycle.missing_runs is 'drop'; use report or regenerate"),
        ("{name: x, create: perhaps}", "cycle.create is 'perhaps'; use true or false"),
    ],
)
def test_a_wrong_plan_or_cycle_is_said_with_what_is_allowed(
    tmp_path: Path,
    cycle: str,
    message: str,
) -> None:
    text = COMPLETE.replace("Build 1", cycle)
    assert problems_of(tmp_path, text) == [f"jama.yaml:4: {message}"]


def test_a_nested_mistake_has_its_own_line(tmp_path: Path) -> None:
    text = f"{COMPLETE}upload:\n  # slowly\n  concurrency: 8\n  rate: slow\n"
    assert problems_of(tmp_path, text)[0].startswith("jama.yaml:8: upload.rate is 'slow'")


def test_all_mistakes_are_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "url: ftp://x\nprojct: P\nplan: ${NO}\ntests:\n  a.py: x\n  b.py:\nrun: {assigned_to: x}\n"
    )
    environ = {"JAMA_PASSWORD": "", "JAMA_CYCLE": "${NEITHER}"}
    messages = problems_of(tmp_path, text, environ=environ)
    assert [message.partition(" ")[0] for message in messages] == [
        *(f"jama.yaml:{line}:" for line in (1, 2, 3, 5, 6, 7)),
        *("environment", "jama.yaml:", "environment"),
    ]


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    (message,) = problems_of(tmp_path, f"{COMPLETE}run: {{assigned_to: {'x' * 500}}}\n")
    assert len(message) < 120


def test_a_value_with_line_breaks_stays_on_one_line(tmp_path: Path) -> None:
    text = f'{COMPLETE}run: {{assigned_to: "a\\nb"}}\n'
    assert problems_of(tmp_path, text) == [
        r"jama.yaml:5: run.assigned_to is 'a\nb'; use none or me",
    ]


def test_a_value_that_cannot_be_filled_in_is_not_said_to_be_wrong_as_well(tmp_path: Path) -> None:
    (message,) = problems_of(tmp_path, f"{COMPLETE}upload: {{concurrency: '${{N}}'}}\n")
    assert message == (
        "jama.yaml:5: upload.concurrency uses ${N}, but N is not set; "
        "set the environment variable N, or give a default: ${N:-...}"
    )


@every("section", ["verdicts", "upload", "run", "junit", "tls", "tests", "names"])
def test_a_section_with_nothing_in_it_means_the_defaults(tmp_path: Path, section: str) -> None:
    settings = load(tmp_path, f"{COMPLETE}{section}:\n  # commented: out\n").settings
    assert settings.for_journal() == load(tmp_path, COMPLETE).settings.for_journal()


@pytest.mark.parametrize("name", ["verify", "client_cert"])
def test_a_certificate_file_must_exist(tmp_path: Path, name: str) -> None:
    assert problems_of(tmp_path, f"{COMPLETE}tls: {{{name}: no.pem}}\n") == [
        (
            f"jama.yaml:5: tls.{name} is 'no.pem', but there is no {tmp_path / 'no.pem'}; "
            "correct the path (a relative one is relative to jama.yaml)"
        ),
    ]


def test_certificate_files_do_not_matter_without_upload(tmp_path: Path) -> None:
    settings = load(tmp_path, "tls: {verify: no.pem}\n", needs_target=False).settings
    assert settings.tls.verify == tmp_path / "no.pem"
