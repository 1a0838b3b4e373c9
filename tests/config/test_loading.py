"""Where settings come from, which source beats which, and what is said when they are missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_jama.config import Flags, find_file, load_settings
from pytest_jama.core.errors import SettingsError
from pytest_jama.session.destination import describe_destination
from tests.config.values import COMPLETE, LOGIN, load, load_header, problems_of, write
from tests.every import every

PLAN_FLAG = {"plan": "From flag"}
PLAN_VARIABLE = {"JAMA_PLAN": "From variable"}


def test_the_documented_example_loads(tmp_path: Path) -> None:
    example = """\
url: https://acme.jamacloud.com
project: JEET1
plan: "Release ${RELEASE:-dev}"
cycle: "Build ${BUILD_NUMBER:-local} ${DATE}"
"""
    settings = load(tmp_path, example).settings
    assert (settings.url, settings.project) == ("https://acme.jamacloud.com", "JEET1")
    assert (str(settings.plan), str(settings.cycle)) == ("Release dev", "Build local 2024-02-01")


@every(
    "flags,environ,plan,origin",
    [
        pytest.param(PLAN_FLAG, PLAN_VARIABLE, "From flag", "--jama-plan", id="flag"),
        pytest.param({}, PLAN_VARIABLE, "From variable", "environment JAMA_PLAN", id="variable"),
        pytest.param({}, {}, "Release 1", "jama.yaml:3", id="file"),
        pytest.param({}, {"JAMA_PLAN": ""}, "Release 1", "jama.yaml:3", id="empty-variable"),
    ],
)
def test_a_flag_beats_a_variable_beats_the_file(
    tmp_path: Path,
    flags: Flags,
    environ: dict[str, str],
    plan: str,
    origin: str,
) -> None:
    loaded = load(tmp_path, COMPLETE, flags=flags, environ=environ)
    assert loaded.settings.plan.name == plan
    assert loaded.origins["plan"] == origin


def test_what_is_not_given_has_no_origin(tmp_path: Path) -> None:
    origins = load(tmp_path, "cycle: {id: 7, create: no}\n", needs_target=False).origins
    assert origins == {"cycle": "jama.yaml:1"}


def test_a_verbose_header_says_where_each_part_of_the_destination_comes_from(
    tmp_path: Path,
) -> None:
    loaded = load(tmp_path, COMPLETE, flags=PLAN_FLAG, environ={"JAMA_CYCLE": "id:7"})
    (header,) = describe_destination(loaded, root=tmp_path, mode="", verbose=True)
    assert header == (
        "jama: P / From flag / id:7 at https://jama.test (url from jama.yaml:1, project from "
        "jama.yaml:2, plan from --jama-plan, cycle from environment JAMA_CYCLE)"
    )


def test_a_message_names_the_file_relative_to_where_one_is(tmp_path: Path) -> None:
    write(tmp_path, "url: ftp://x\n")
    (tmp_path / "tests").mkdir()
    assert problems_of(tmp_path / "tests")[0].startswith("../jama.yaml:1: url is 'ftp://x'")


def test_flags_and_variables_alone_are_enough(tmp_path: Path) -> None:
    environ = {"JAMA_URL": "jama.test", "JAMA_PROJECT": "52", "JAMA_PLAN": "A"}
    loaded = load(tmp_path, environ=environ, flags={"cycle": "id:20495"})
    assert loaded.file is None
    assert (loaded.settings.url, loaded.settings.project) == ("https://jama.test", 52)
    assert loaded.settings.cycle.id == 20495


@every("name", ["url", "project", "plan", "cycle"])
def test_what_is_missing_is_said_with_all_places_to_set_it(tmp_path: Path, name: str) -> None:
    text = "".join(line for line in COMPLETE.splitlines(keepends=True) if name not in line)
    assert problems_of(tmp_path, text) == [
        (
            f"jama.yaml: {name} is not set; set `{name}:` in jama.yaml, "
            f"JAMA_{name.upper()} in the environment, or --jama-{name}=..."
        ),
    ]


def test_a_command_line_is_told_its_own_flags(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"or --cycle=\.\.\."):
        load_settings(start=tmp_path, file=None, flags={}, environ=LOGIN, flag_prefix="--")


def test_without_upload_the_target_may_be_missing(tmp_path: Path) -> None:
    loaded = load_settings(start=tmp_path, file=None, flags={}, environ={}, needs_target=False)
    assert (loaded.settings.url, loaded.settings.project) == ("", "")
    assert (str(loaded.settings.plan), loaded.settings.plan.is_set) == ("", False)
    assert loaded.settings.credentials is None


def test_without_upload_mistakes_are_still_mistakes(tmp_path: Path) -> None:
    assert len(problems_of(tmp_path, "plam: x\nupload: {rate: slow}\n", needs_target=False)) == 2


def test_a_flag_keeps_what_else_the_file_says_of_the_plan(tmp_path: Path) -> None:
    text = COMPLETE.replace("Release 1", "{id: 7, create: false, group: Automated}")
    plan = load(tmp_path, text, flags=PLAN_FLAG).settings.plan
    assert (plan.id, plan.name) == (None, "From flag")
    assert (plan.create, plan.group) == (False, "Automated")


def test_text_that_a_flag_replaces_is_not_filled_in(tmp_path: Path) -> None:
    text = COMPLETE.replace("Release 1", "{name: '${UNSET}', group: G}")
    assert load(tmp_path, text, flags=PLAN_FLAG).settings.plan.name == "From flag"


@every(
    "text,flags,strict",
    [
        pytest.param("", {}, False, id="default"),
        pytest.param("strict: true\n", {}, True, id="file"),
        pytest.param("strict: true\n", {"strict": False}, True, id="flag-not-given"),
        pytest.param("strict: false\n", {"strict": True}, True, id="flag"),
    ],
)
def test_strictness_is_set_in_the_file_or_by_a_flag_without_value(
    tmp_path: Path, text: str, flags: Flags, *, strict: bool
) -> None:
    assert load(tmp_path, COMPLETE + text, flags=flags).settings.strict is strict


def test_a_flag_makes_an_upload_from_a_journal_strict(tmp_path: Path) -> None:
    header = load(tmp_path, COMPLETE).settings.for_journal()
    assert header["strict"] is False
    assert load_header(tmp_path, header, environ=LOGIN, flags={"strict": True}).settings.strict


def test_flags_and_variables_are_filled_in_like_the_file(tmp_path: Path) -> None:
    flags = {"cycle": "Nightly ${DATE}"}
    assert load(tmp_path, COMPLETE, flags=flags).settings.cycle.name == "Nightly 2024-02-01"


def test_a_wrong_flag_is_named_with_its_value(tmp_path: Path) -> None:
    flags = {"url": "ftp://x", "plan": " "}
    assert problems_of(tmp_path, COMPLETE, flags=flags) == [
        (
            "--jama-url: url is 'ftp://x'; "
            "use the address of the server, such as https://acme.jamacloud.com"
        ),
        "--jama-plan: plan.name is empty; use a name",
    ]


def test_an_unset_name_in_a_variable_is_said_of_that_variable(tmp_path: Path) -> None:
    (message,) = problems_of(tmp_path, COMPLETE, environ={"JAMA_CYCLE": "Build ${NUMBER}"})
    assert message.startswith("environment JAMA_CYCLE: cycle uses ${NUMBER}, but NUMBER is not set")


def test_the_nearest_file_above_is_found(tmp_path: Path) -> None:
    write(tmp_path, COMPLETE)
    nearest = tmp_path / "a" / "b"
    nearest.mkdir(parents=True)
    assert find_file(nearest) == tmp_path / "jama.yaml"
    assert find_file(nearest.parent) == tmp_path / "jama.yaml"


def test_the_short_suffix_is_accepted(tmp_path: Path) -> None:
    assert find_file(tmp_path) is None
    path = write(tmp_path, COMPLETE, "jama.yml")
    assert find_file(tmp_path) == path


def test_two_files_in_one_folder_are_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, COMPLETE, "jama.yml")
    message, *_ = problems_of(tmp_path, COMPLETE)
    assert message == f"jama.yaml: {tmp_path} has jama.yaml and jama.yml; remove one of them"


def test_a_named_file_is_used_instead(tmp_path: Path) -> None:
    path = write(tmp_path, COMPLETE, "other.yaml")
    loaded = load_settings(start=tmp_path, file=path, flags={}, environ=LOGIN)
    assert loaded.file == path
    assert loaded.origins["url"] == "other.yaml:1"


def test_a_named_file_that_does_not_exist_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(start=tmp_path, file=tmp_path / "no.yaml", flags={}, environ=LOGIN)
    assert str(caught.value) == (
        "no.yaml: cannot be read: no such file or directory; check the path and its permissions"
    )


def test_a_missing_file_does_not_hide_missing_credentials(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(start=tmp_path, file=tmp_path / "no.yaml", flags={}, environ={})
    assert [problem.origin for problem in caught.value.problems] == ["no.yaml", "environment"]


def test_relative_paths_belong_to_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    (tmp_path / "sub").mkdir()
    write(tmp_path, f"{COMPLETE}journal: out/jama\ntls: {{verify: ca.pem}}\n")
    settings = load(tmp_path / "sub").settings
    assert settings.journal.folder == tmp_path / "out" / "jama"
    assert settings.tls.verify == tmp_path / "ca.pem"


def test_the_default_journal_is_beside_the_file(tmp_path: Path) -> None:
    assert load(tmp_path, COMPLETE).settings.journal.folder == tmp_path / ".jama"


def test_the_folder_of_the_journals_may_stand_in_a_section(tmp_path: Path) -> None:
    journal = load(tmp_path, f"{COMPLETE}journal: {{folder: out, keep: 3}}\n").settings.journal
    assert (journal.folder, journal.keep) == (tmp_path / "out", 3)


@every("text,keep", [("", 10), ("journal: out\n", 10), ("journal: {keep: all}\n", "all")])
def test_ten_finished_journals_are_kept_unless_the_settings_say_otherwise(
    tmp_path: Path, text: str, keep: object
) -> None:
    journal = load(tmp_path, f"{COMPLETE}{text}").settings.journal
    assert (journal.folder.parent, journal.keep) == (tmp_path, keep)


def test_a_project_without_file_does_not_import_yaml(tmp_path: Path) -> None:
    assert "yaml" not in modules_after_loading(tmp_path)


def test_a_project_without_map_does_not_import_its_reader(tmp_path: Path) -> None:
    write(tmp_path, COMPLETE)
    assert "pytest_jama.config.map_entries" not in modules_after_loading(tmp_path)


def test_a_project_for_jama_does_not_import_the_settings_of_octane(tmp_path: Path) -> None:
    write(tmp_path, COMPLETE)
    assert "pytest_jama.config.octane_settings" not in modules_after_loading(tmp_path)


def modules_after_loading(folder: Path) -> set[str]:
    """Return what a fresh interpreter has imported after it loaded the settings of a folder."""
    program = (
        "import sys; from pathlib import Path; from pytest_jama.config import load_settings; "
        f"load_settings(start=Path({str(folder)!r}), file=None, flags={{}}, environ={{}}, "
        "needs_target=False); print(*sys.modules)"
    )
    output = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    ).stdout
    return set(output.split())
