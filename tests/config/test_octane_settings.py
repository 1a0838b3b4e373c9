"""What octane.yaml, flags and variables say becomes the settings of ALM Octane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.config import JAMA, OCTANE, Settings, find_kinds, kind_of, load_settings, with_lock
from pytest_jama.config.octane_settings import BuildSettings, OctaneSettings, SuiteSettings
from pytest_jama.core.verdicts import VerdictRules
from tests.config.octane_values import BROWSER, KEY, WHERE, load
from tests.config.values import COMPLETE, LOGIN, write
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.config import Flags, TargetKind

RICH = f"""\
{WHERE}release: 2.4
milestone: M1
modules: [Login, id:7]
environment: {{OS: Linux, Python: 3.10, Browser: "${{BROWSER:-Chrome}}"}}
fields: {{Framework: pytest, Test_Level: Unit Test}}
suite: {{name: Regression, run: "Nightly ${{DATE}}"}}
build: {{server: lab-ci, job: nightly, id: 17, create: true}}
report_url: https://ci.test/17
skip_errors: true
wait: 2m
tests: {{tests/test_a.py: 2001, "tests/*": [2002, 2003]}}
software: pump 4.2
"""


def test_a_file_says_all_of_it(tmp_path: Path) -> None:
    settings = load(tmp_path, RICH).settings
    assert (settings.release, settings.milestone) == ("2.4", "M1")
    assert settings.modules == ("Login", "id:7")
    assert settings.fields == {"Framework": "pytest", "Test_Level": "Unit Test"}
    assert settings.suite == SuiteSettings(name="Regression", run="Nightly 2024-02-01")
    assert settings.build == BuildSettings(server="lab-ci", job="nightly", id="17", create=True)
    assert settings.report_url == "https://ci.test/17"
    assert (settings.skip_errors, settings.wait_s) == (True, 120.0)
    assert settings.software == "pump 4.2"


@every(
    "line, flags, expected",
    [
        ("", {}, False),
        ("wait: 120\n", {}, True),
        ("", {"wait": "20"}, True),
    ],
)
def test_who_says_how_long_to_wait_wants_all_runs_read_back(
    tmp_path: Path, line: str, flags: Flags, *, expected: bool
) -> None:
    assert load(tmp_path, WHERE + line, flags=flags).settings.reads_all_back is expected


def test_the_environment_is_a_text_each_in_the_order_of_the_file(tmp_path: Path) -> None:
    environment = load(tmp_path, RICH).settings.environment
    assert list(environment.items()) == [
        ("OS", "Linux"),
        ("Python", "3.10"),
        ("Browser", "Chrome"),
    ]


@every(
    "line",
    [
        *("release:", "milestone: ~", "modules:", "modules: []", "environment:", "fields: {}"),
        *("suite:", "build:", "report_url:", "tests:"),
    ],
)
def test_what_is_left_empty_is_not_said(tmp_path: Path, line: str) -> None:
    settings = load(tmp_path, f"{WHERE}{line}\n").settings
    assert settings.for_journal() == load(tmp_path, WHERE).settings.for_journal()


@every(
    "line,name,value",
    [
        ("release: 2.10", "release", "2.10"),
        ("release: 2024-02-01", "release", "2024-02-01"),
        ("release: _default_", "release", "_default_"),
        ("release: ' id:5 '", "release", "id:5"),
        ("milestone: 007", "milestone", "007"),
        ("modules: Login", "modules", ("Login",)),
        ("modules: 7", "modules", ("7",)),
        ("modules: [a, 1.0]", "modules", ("a", "1.0")),
        ("suite: Smoke", "suite", SuiteSettings(name="Smoke")),
        ("suite: 12", "suite", SuiteSettings(name="12")),
        ("environment: {OS: on}", "environment", {"OS": "on"}),
        (
            "environment: {Auth: LDAP, User: guest}",
            "environment",
            {"Auth": "LDAP", "User": "guest"},
        ),
        ("wait: 500ms", "wait_s", 0.5),
        ("report_url: td://a", "report_url", "td://a"),
        (f"report_url: https://{'x' * 504}", "report_url", f"https://{'x' * 504}"),
        ("target: octane", "target", "octane"),
    ],
)
def test_a_setting_may_be_written_in_several_ways(
    tmp_path: Path, line: str, name: str, value: object
) -> None:
    assert getattr(load(tmp_path, f"{WHERE}{line}\n").settings, name) == value


@every(
    "url,base",
    [
        (BROWSER, "https://octane.test"),
        ("https://octane.test/ui?p=1001/1002", "https://octane.test"),
        ("https://octane.test:8443/ctx/ui/?p=1001/1002#/a/b", "https://octane.test:8443/ctx"),
        ("https://octane.test/ui/entity-navigation?p=1001/1002&id=5", "https://octane.test"),
        ("https://octane.test/ui/?p=1001%2F1002", "https://octane.test"),
        ("https://octane.test/ui/#/?p=1001/1002", "https://octane.test"),
        ("octane.test/ui/?admin&p=1001/1002/", "https://octane.test"),
        ("http://[::1]:8080/a//b/ui/?p=1001/1002", "http://[::1]:8080/a/b"),
    ],
)
def test_the_address_of_a_browser_names_server_space_and_workspace(
    tmp_path: Path, url: str, base: str
) -> None:
    loaded = load(tmp_path, f"url: '{url}'\n")
    settings = loaded.settings
    assert (settings.url, settings.space, settings.workspace) == (base, "1001", "1002")
    assert loaded.origins == dict.fromkeys(("url", "space", "workspace"), "octane.yaml:1")


@every(
    "text,origins",
    [
        (
            "url: https://octane.test/\nspace: 1001\nworkspace: id:1002\n",
            {"url": "octane.yaml:1", "space": "octane.yaml:2", "workspace": "octane.yaml:3"},
        ),
        (
            "url: https://octane.test/ui?p=1001\nworkspace: Web\n",
            {"url": "octane.yaml:1", "space": "octane.yaml:1", "workspace": "octane.yaml:2"},
        ),
        (
            f"space: 1001\nurl: {BROWSER}\n",
            {"url": "octane.yaml:2", "space": "octane.yaml:1", "workspace": "octane.yaml:2"},
        ),
        (
            f"url: {BROWSER}\nspace: Default space\n",
            {"url": "octane.yaml:1", "space": "octane.yaml:2", "workspace": "octane.yaml:1"},
        ),
    ],
    ids=["each-alone", "space-of-url", "said-twice", "name-and-id"],
)
def test_space_and_workspace_may_stand_beside_the_address(
    tmp_path: Path, text: str, origins: dict[str, str]
) -> None:
    assert load(tmp_path, text).origins == origins


def test_a_space_that_is_named_counts_more_than_the_address(tmp_path: Path) -> None:
    assert load(tmp_path, f"{WHERE}space: Other\n").settings.space == "Other"


@every(
    "flags,environ,origin",
    [
        ({"url": BROWSER}, {}, "--octane-url"),
        ({}, {"OCTANE_URL": BROWSER}, "environment OCTANE_URL"),
        ({"url": BROWSER}, {"OCTANE_URL": "https://x.test"}, "--octane-url"),
    ],
    ids=["flag", "variable", "both"],
)
def test_an_address_elsewhere_names_space_and_workspace_as_well(
    tmp_path: Path, flags: Flags, environ: dict[str, str], origin: str
) -> None:
    loaded = load(tmp_path, flags=flags, environ=environ)
    assert loaded.settings.workspace == "1002"
    assert loaded.origins == dict.fromkeys(("url", "space", "workspace"), origin)


@every(
    "flags,name,value",
    [
        ({"release": "3.0"}, "release", "3.0"),
        ({"milestone": "M2"}, "milestone", "M2"),
        ({"modules": ("Pay", "Stock")}, "modules", ("Pay", "Stock")),
        ({"modules": ["Pay"]}, "modules", ("Pay",)),
        ({"suite": "Smoke"}, "suite", SuiteSettings(name="Smoke", run="Nightly 2024-02-01")),
        ({"skip_errors": True}, "skip_errors", True),
        ({"wait": "5"}, "wait_s", 5.0),
        ({"environment": ["OS=Windows", "DB=a=b"]}, "environment", "OS Python Browser DB"),
        ({"fields": ["Framework=unittest"]}, "fields", "Framework Test_Level"),
    ],
)
def test_a_flag_beats_the_file(tmp_path: Path, flags: Flags, name: str, value: object) -> None:
    found = getattr(load(tmp_path, RICH, flags=flags).settings, name)
    assert (" ".join(found) if isinstance(found, dict) else found) == value


def test_a_flag_adds_and_replaces_single_ones_and_the_others_stay(tmp_path: Path) -> None:
    flags: Flags = {"environment": ["OS=Windows", "DB=a=b"], "fields": ["Framework=${X}"]}
    settings = load(tmp_path, RICH, flags=flags, environ={"X": "nose"}).settings
    assert list(settings.environment.items()) == [
        ("OS", "Windows"),
        ("Python", "3.10"),
        ("Browser", "Chrome"),
        ("DB", "a=b"),
    ]
    assert settings.fields == {"Framework": "nose", "Test_Level": "Unit Test"}


def test_what_a_flag_replaces_is_not_filled_in(tmp_path: Path) -> None:
    text = f"{WHERE}environment: {{OS: '${{NOT_SET}}', DB: pg}}\nsuite: {{name: '${{NOT_SET}}'}}\n"
    settings = load(tmp_path, text, flags={"environment": ["OS=Linux"], "suite": "S"}).settings
    assert settings.environment == {"OS": "Linux", "DB": "pg"}
    assert settings.suite == SuiteSettings(name="S")


@every(
    "variable,name",
    [
        *(("OCTANE_RELEASE", "release"), ("OCTANE_MILESTONE", "milestone")),
        *(
            ("OCTANE_SOFTWARE", "software"),
            ("OCTANE_DEVICE", "device"),
            ("OCTANE_TESTER", "tester"),
        ),
    ],
)
def test_a_variable_beats_the_file(tmp_path: Path, variable: str, name: str) -> None:
    text = f"{WHERE}{name}: of the file\n"
    assert getattr(load(tmp_path, text, environ={variable: "x"}).settings, name) == "x"


def test_variables_of_jama_say_nothing_here(tmp_path: Path) -> None:
    environ = {"JAMA_URL": "https://jama.test", "JAMA_TESTER": "ann", "JAMA_USERNAME": "ann"}
    loaded = load(tmp_path, WHERE, environ=environ)
    assert (loaded.settings.url, loaded.settings.tester) == ("https://octane.test", "")


def test_variables_of_octane_say_nothing_for_jama(tmp_path: Path) -> None:
    write(tmp_path, COMPLETE)
    environ = {**LOGIN, "OCTANE_URL": BROWSER, "OCTANE_TESTER": "bob", "OCTANE_USER": "bob"}
    loaded = load_settings(start=tmp_path, file=None, flags={}, environ=environ)
    assert (loaded.settings.url, loaded.settings.tester) == ("https://jama.test", "")


JENKINS = {"JENKINS_URL": "https://ci.test", "BUILD_URL": "https://ci.test/job/n/17/"}


@every(
    "text,environ,link",
    [
        (WHERE, JENKINS, "https://ci.test/job/n/17/"),
        (WHERE, {}, None),
        (f"{WHERE}report_url: https://x.test\n", JENKINS, "https://x.test"),
        (f"{WHERE}report_url:\n", JENKINS, None),
        (WHERE, {**JENKINS, "BUILD_URL": f"https://ci.test/{'x' * 500}"}, None),
    ],
    ids=["job", "no-job", "file", "no-link", "too-long"],
)
def test_the_page_of_the_ci_job_is_the_link_where_nothing_else_is_said(
    tmp_path: Path, text: str, environ: dict[str, str], link: str | None
) -> None:
    assert load(tmp_path, text, environ=environ).settings.report_url == link


def test_settings_tell_what_kind_of_target_they_are_for() -> None:
    jama, octane = Settings(), OctaneSettings()
    assert (jama.kind, octane.kind) == (JAMA, OCTANE)
    assert (jama.judges_cases, octane.judges_cases) == (True, False)
    assert (jama.keeps_traces, octane.keeps_traces) == (False, True)
    assert jama.rules() == jama.verdicts.rules()
    assert octane.rules() == VerdictRules()


@every("target,kind", [("octane", OCTANE), ("jama", JAMA), ("mine", JAMA), (None, JAMA)])
def test_a_journal_of_a_target_has_the_settings_of_its_kind(
    target: object, kind: TargetKind[Settings] | TargetKind[OctaneSettings]
) -> None:
    assert kind_of(target) is kind


@every(
    "here,above,kinds",
    [
        ([], [], (JAMA,)),
        (["jama.yaml"], [], (JAMA,)),
        (["octane.yml"], [], (OCTANE,)),
        (["octane.yaml", "jama.yml"], [], (JAMA, OCTANE)),
        (["octane.yaml"], ["jama.yaml"], (OCTANE,)),
        (["jama.yaml"], ["octane.yaml"], (JAMA,)),
        ([], ["octane.yaml"], (OCTANE,)),
    ],
)
def test_the_nearest_folder_with_a_settings_file_says_the_kind(
    tmp_path: Path, here: list[str], above: list[str], kinds: tuple[object, ...]
) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    for place, names in ((folder, here), (tmp_path, above)):
        for name in names:
            (place / name).touch()
    assert find_kinds(folder) == kinds


@every(
    "name,kind",
    [("octane.yaml", OCTANE), ("my-octane.yml", OCTANE), ("jama.yaml", JAMA), ("ci.yaml", JAMA)],
)
def test_a_file_that_is_named_says_the_kind_by_its_name(
    tmp_path: Path, name: str, kind: object
) -> None:
    write(tmp_path, COMPLETE)
    assert find_kinds(tmp_path, tmp_path / name) == (kind,)


def test_both_files_may_lie_in_one_folder(tmp_path: Path) -> None:
    write(tmp_path, COMPLETE)
    octane = load(tmp_path, WHERE)
    jama = load_settings(start=tmp_path, file=None, flags={}, environ=LOGIN)
    assert (octane.settings.url, jama.settings.url) == ("https://octane.test", "https://jama.test")


def test_there_is_no_lock_for_octane(tmp_path: Path) -> None:
    (tmp_path / "jama.lock").write_text("not one", encoding="utf-8")
    loaded = load(tmp_path, WHERE)
    assert with_lock(loaded, start=tmp_path) is loaded


def test_a_file_that_is_named_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHERE}release: R\n", "ci.yaml")
    loaded = load_settings(start=tmp_path, file=path, flags={}, environ=KEY, kind=OCTANE)
    assert (loaded.settings.release, loaded.file, loaded.is_named) == ("R", path, True)
