"""Every kind of wrong setting of octane.yaml is said with line, value and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.config.octane_values import BROWSER, WHERE, load, problems_of
from tests.config.values import problems_of as problems_of_jama
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.config import Flags

NAME_OR_ID = "a name or an ID; `id:1001` and `name:1001` say which is meant"
PAIRS = "a mapping of kind to value, such as {OS: Linux, Browser: Chrome}"
FOUR = "Test_Level, Test_Type, Testing_Tool_Type, Framework"
NO_TEXT = "has no text as value; give it one, or leave the key out"
LINK = (
    "an address that begins with http://, https://, td:// or tds://, in one line of at most 512 "
    "characters"
)
ITEMS = "write 2001 or [2001, 2002], or none for no backlog item"
ID = "use its number, such as 2001, or none"
BUILD = "{server: ..., job: ..., id: ..., create: false}"
SUITE = "a name or an ID, or {name: ..., run: ...}"


@every(
    "line,message",
    [
        ("relase: 1", "unknown key 'relase'; did you mean release?"),
        ("project: P", "unknown key 'project'; it is a setting for Jama, of jama.yaml"),
        ("name: x", "unknown key 'name'; did you mean suite.name?"),
        ("target: jama", "target is 'jama'; use octane, or leave it out"),
        ("release: ' '", f"release is empty; use {NAME_OR_ID}"),
        ("release: [a]", f"release is a list; use {NAME_OR_ID}"),
        ("space: ''", f"space is empty; use {NAME_OR_ID}"),
        ("space:", f"space is empty; use {NAME_OR_ID}"),
        ("modules: {a: b}", "modules is a mapping; use a name or an ID, or a list of them"),
        ("modules: [a, '']", "modules is empty; use a name or an ID, or a list of them"),
        ("modules: ''", "modules is empty; use a name or an ID, or a list of them"),
        ("environment: Linux", f"environment is 'Linux'; use {PAIRS}"),
        ("environment: [OS]", f"environment is a list; use {PAIRS}"),
        ("environment: {OS: ''}", f"environment.OS {NO_TEXT}"),
        ("environment: {OS: }", f"environment.OS {NO_TEXT}"),
        ("environment: {OS: [a]}", f"environment.OS {NO_TEXT}"),
        (
            "environment: {'': a}",
            "environment has a key that is empty; write NAME: VALUE, such as OS: Linux",
        ),
        (
            "fields: {framework: x}",
            "fields.framework is not a field that results can set; did you mean Framework?",
        ),
        (
            "fields: {Priority: 1}",
            f"fields.Priority is not a field that results can set; known are {FOUR}",
        ),
        (
            "fields: {Framework: ''}",
            f"fields.Framework {NO_TEXT}",
        ),
        ("suite: []", f"suite is a list; use {SUITE}"),
        ("suite: ''", f"suite.name is empty; use {NAME_OR_ID}"),
        ("suite: {run: x}", f"suite.name is not given; use {NAME_OR_ID}"),
        ("suite: {name: S, runs: x}", "unknown key 'runs' in suite; did you mean suite.run?"),
        ("build: 17", f"build is '17'; use {BUILD}"),
        ("build: {server: s, job: j}", "build.id is not given; use a text"),
        ("build: {server: '', job: j, id: 1}", "build.server is empty; use a text"),
        (
            "build: {server: s, job: j, id: 1, create: maybe}",
            "build.create is 'maybe'; use true or false",
        ),
        ("report_url: ''", f"report_url is empty; use {LINK}"),
        ("report_url: ci.test/17", f"report_url is 'ci.test/17'; use {LINK}"),
        ("report_url: ftp://x", f"report_url is 'ftp://x'; use {LINK}"),
        ("report_url: td://", f"report_url has 5 characters; use {LINK}"),
        (f"report_url: https://{'x' * 505}", f"report_url has 513 characters; use {LINK}"),
        (
            f"report_url: https://{chr(0x1F600) * 253}",
            f"report_url has 514 characters; use {LINK}",
        ),
        (
            "report_url: https://ann:made-up@ci.test/",
            (
                "report_url contains a user name or password (the part before `@`); remove "
                "that part: "
                "who sees the runs would see it"
            ),
        ),
        ("skip_errors: maybe", "skip_errors is 'maybe'; use true or false"),
        (
            "wait: 0",
            "wait is '0'; use a duration, such as 120s, 2m or 500ms, or a number of seconds",
        ),
        (
            "tests: [a]",
            "tests is a list; use a mapping of test ID or pattern to IDs of backlog items",
        ),
        (
            "tests: {a: P-TC-1}",
            f"'a' has a mistake: 'P-TC-1' is not the ID of a backlog item; {ID}",
        ),
        ("tests: {a: GID-5}", f"'a' has a mistake: 'GID-5' is not the ID of a backlog item; {ID}"),
        ("tests: {a: 0}", f"'a' has a mistake: '0' is not the ID of a backlog item; {ID}"),
        ("tests: {a: -5}", f"'a' has a mistake: '-5' is not the ID of a backlog item; {ID}"),
        ("tests: {a: 1.5}", f"'a' has a mistake: '1.5' is not the ID of a backlog item; {ID}"),
        ("tests: {a: 5#2}", f"'a' has a mistake: '5#2' is not the ID of a backlog item; {ID}"),
        (
            "tests: {a: [5, x]}",
            f"'a' has a mistake: 'x' is not the ID of a backlog item; {ID}",
        ),
        (
            "tests: {a: 9223372036854775808}",
            f"'a' has a mistake: '9223372036854775808' is not the ID of a backlog item; {ID}",
        ),
        (
            f"tests: {{a: '{'9' * 5000}'}}",
            f"'a' has a mistake: '{'9' * 199}…' is not the ID of a backlog item; {ID}",
        ),
        ("tests: {a: }", f"'a' names no backlog item; {ITEMS}"),
        ("tests: {a: []}", f"'a' names no backlog item; {ITEMS}"),
        ("tests: {a: {case: 5}}", f"'a' has a mapping as value; {ITEMS}"),
        ("tests: {a: [[5]]}", f"'a' has a list inside a list; {ITEMS}"),
        ("tests: {a: [none, 5]}", "'a' has none beside a backlog item; leave one of them out"),
        (
            "tests: {a: '${NOT_SET}'}",
            (
                "'a' uses ${NOT_SET}, but NOT_SET is not set; set the "
                "environment variable NOT_SET, or give a default: ${NOT_SET:-...}"
            ),
        ),
        (
            "headers: {ALM-OCTANE-TECH-PREVIEW: x}",
            (
                "headers.ALM-OCTANE-TECH-PREVIEW is a header of pytest-jama itself; remove it; "
                "credentials come from OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET"
            ),
        ),
        (
            "tls: {verify: no.pem}",
            (
                "tls.verify is 'no.pem', but there is no {folder}/no.pem; correct the path (a "
                "relative "
                "one is relative to octane.yaml)"
            ),
        ),
    ],
)
def test_a_mistake_is_said_with_its_line_and_what_is_allowed(
    tmp_path: Path, line: str, message: str
) -> None:
    said = message.replace("{folder}", str(tmp_path))
    assert problems_of(tmp_path, f"{WHERE}{line}\n") == [f"octane.yaml:2: {said}"]


@every(
    "url,message",
    [
        (
            "https://ann:made-up@octane.test",
            (
                "url contains a user name or password (the part before `@`); remove that part; "
                "credentials come from OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET, or "
                "OCTANE_USER and "
                "OCTANE_PASSWORD"
            ),
        ),
        (
            "ftp://octane.test",
            (
                "url is 'ftp://octane.test'; use the address of the server, such as "
                "https://octane.acme.com/ui/?p=1001/1002"
            ),
        ),
        (
            "https://octane.test/ui/?p=web",
            (
                "url has 'p=web', which names no space and workspace by their IDs; use "
                ".../ui/?p=1001/1002, or leave it out and give space and workspace"
            ),
        ),
        (
            "https://octane.test/ui/?p=1001/x",
            (
                "url has 'p=1001/x', which names no space and workspace by their IDs; use "
                ".../ui/?p=1001/1002, or leave it out and give space and workspace"
            ),
        ),
    ],
    ids=["user", "scheme", "name", "half"],
)
def test_an_address_that_cannot_be_one_is_said(tmp_path: Path, url: str, message: str) -> None:
    text = f"url: '{url}'\nspace: 1001\nworkspace: 1002\n"
    assert problems_of(tmp_path, text) == [f"octane.yaml:1: {message}"]


@every(
    "text,flags,environ,problem",
    [
        (
            f"{WHERE}space: 1003\n",
            {},
            {},
            "octane.yaml:2: space is '1003', and url (octane.yaml:1) says 1001",
        ),
        (
            f"{WHERE}workspace: id:1003\n",
            {},
            {},
            "octane.yaml:2: workspace is 'id:1003', and url (octane.yaml:1) says 1002",
        ),
        (
            "space: 1003\n",
            {},
            {"OCTANE_URL": BROWSER},
            "octane.yaml:1: space is '1003', and url (environment OCTANE_URL) says 1001",
        ),
        (
            WHERE,
            {"workspace": "7"},
            {},
            "--octane-workspace: workspace is '7', and url (octane.yaml:1) says 1002",
        ),
    ],
    ids=["space", "workspace", "variable", "flag"],
)
def test_an_address_that_names_another_place_is_said_with_both_origins(
    tmp_path: Path, text: str, flags: Flags, environ: dict[str, str], problem: str
) -> None:
    found = problems_of(tmp_path, text, flags=flags, environ=environ)
    assert found == [f"{problem}; correct one of them, or leave one out"]


IN_URL = ", or give the browser's address as url: .../ui/?p=1001/1002 names space and workspace"


def test_what_an_upload_cannot_do_without_is_said_with_all_ways_to_give_it(tmp_path: Path) -> None:
    nobody = {"OCTANE_CLIENT_ID": "", "OCTANE_CLIENT_SECRET": ""}
    where = "octane.yaml (not found)"
    pairs = (
        "OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET (API access key), or OCTANE_USER and "
        "OCTANE_PASSWORD (user)"
    )
    assert problems_of(tmp_path, environ=nobody) == [
        f"{where}: url is not set; set `url:` in octane.yaml, or OCTANE_URL in the environment",
        (
            f"{where}: space is not set; set `space:` in octane.yaml, or OCTANE_SPACE in the "
            f"environment{IN_URL}"
        ),
        (
            f"{where}: workspace is not set; set `workspace:` in octane.yaml, or "
            "OCTANE_WORKSPACE in "
            f"the environment{IN_URL}"
        ),
        f"environment: no credentials for ALM Octane; set {pairs}; in CI as masked secrets",
    ]


def test_a_flag_is_named_only_where_the_front_end_has_it(tmp_path: Path) -> None:
    found = problems_of(tmp_path, f"{WHERE.partition('?')[0]}\n", flags={"space": None})
    assert found == [
        (
            "octane.yaml: space is not set; set `space:` in octane.yaml, OCTANE_SPACE in the "
            f"environment, or --octane-space=...{IN_URL}"
        ),
        (
            "octane.yaml: workspace is not set; set `workspace:` in octane.yaml, or "
            "OCTANE_WORKSPACE "
            f"in the environment{IN_URL}"
        ),
    ]


def test_nothing_is_missing_where_nothing_is_sent(tmp_path: Path) -> None:
    settings = load(tmp_path, "release: R\n", environ={}, needs_target=False).settings
    assert (settings.url, settings.space, settings.workspace) == ("", "", "")


@every(
    "flags,message",
    [
        (
            {"environment": ["Linux"]},
            (
                "--octane-environment: environment is 'Linux', which is not NAME=VALUE; write "
                "--octane-environment NAME=VALUE"
            ),
        ),
        (
            {"environment": ["=Linux"]},
            (
                "--octane-environment: environment is '=Linux', which is not NAME=VALUE; write "
                "--octane-environment NAME=VALUE"
            ),
        ),
        (
            {"environment": ["OS="]},
            f"--octane-environment: environment.OS {NO_TEXT}",
        ),
        (
            {"fields": ["Framwork=x"]},
            (
                "--octane-field: fields.Framwork is not a field that results can set; did you mean "
                "Framework?"
            ),
        ),
        (
            {"wait": "\ud800"},
            (
                "--octane-wait: wait is '\ufffd'; use a duration, such as 120s, 2m or 500ms, or a "
                "number of seconds"
            ),
        ),
        ({"release": ""}, f"--octane-release: release is empty; use {NAME_OR_ID}"),
        ({"suite": " "}, f"--octane-suite: suite.name is empty; use {NAME_OR_ID}"),
        (
            {"wait": "soon"},
            (
                "--octane-wait: wait is 'soon'; use a duration, such as 120s, 2m or 500ms, or a "
                "number of seconds"
            ),
        ),
        (
            {"environment": ["OS=${NOT_SET}"]},
            (
                "--octane-environment: environment uses ${NOT_SET}, but NOT_SET is not set; "
                "set the "
                "environment variable NOT_SET, or give a default: ${NOT_SET:-...}"
            ),
        ),
    ],
)
def test_a_wrong_flag_is_said_by_its_name(tmp_path: Path, flags: Flags, message: str) -> None:
    assert problems_of(tmp_path, WHERE, flags=flags) == [message]


def test_what_the_file_says_of_a_mapping_keeps_its_line_beside_a_flag(tmp_path: Path) -> None:
    text = f"{WHERE}environment:\n  OS: ''\n  DB: ''\n"
    flags: Flags = {"environment": ["OS=Linux"]}
    assert problems_of(tmp_path, text, flags=flags) == [f"octane.yaml:4: environment.DB {NO_TEXT}"]


def test_all_mistakes_are_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = f"{WHERE}wait: x\nfields: {{a: b}}\ntests: {{c: d}}\nbuild: {{job: j}}\n"
    lines = [problem.partition(": ")[0] for problem in problems_of(tmp_path, text)]
    assert lines == [f"octane.yaml:{line}" for line in (2, 3, 4, 5, 5)]


def test_two_files_in_one_folder_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "octane.yml").touch()
    assert problems_of(tmp_path, WHERE)[0] == (
        f"octane.yaml: {tmp_path} has octane.yaml and octane.yml; remove one of them"
    )


@pytest.mark.parametrize(
    "text,message",
    [
        (
            "# nothing\n",
            (
                "octane.yaml:1: contains no settings; write `key: value` lines, such as `url: "
                "https://octane.acme.com/ui/?p=1001/1002`, or remove the file"
            ),
        ),
        (
            "- a\n",
            (
                "octane.yaml:1: contains a list instead of settings; write `key: value` "
                "lines, such as "
                "`url: https://octane.acme.com/ui/?p=1001/1002`"
            ),
        ),
    ],
)
def test_a_file_without_settings_is_said(tmp_path: Path, text: str, message: str) -> None:
    assert problems_of(tmp_path, text) == [message]


def test_octane_as_target_of_jama_yaml_is_a_mistake(tmp_path: Path) -> None:
    assert problems_of_jama(tmp_path, "target: octane\n", needs_target=False) == [
        (
            "jama.yaml:1: target is 'octane', which has settings of its own; leave it out, "
            "and write "
            "octane.yaml for ALM Octane"
        )
    ]
