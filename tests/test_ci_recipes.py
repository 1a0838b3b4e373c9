"""The recipes of docs/ci.md can be copied: valid, always run, with commands that exist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from junit_uploader.options import parse_options
from pytest_jama.cli import evidence_commands, sandbox_command  # noqa: F401 (they add commands)
from pytest_jama.cli.commands import toolbox
from pytest_jama.config import JAMA
from pytest_jama.core.plan import Place, Plan, UploadReport
from pytest_jama.session.ci_output import Told, session_values
from tests.config.values import COMPLETE, load, problems_of
from tests.every import every

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "ci.md").read_text(encoding="utf-8")
KEEPING = (DOCS / "howto" / "ci-evidence.md").read_text(encoding="utf-8")
FORKS = (DOCS / "howto" / "forks.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
RECIPES = {
    title: (language, text)
    for title, language, text in re.findall(
        r"^## ([^\n]+)\n+```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE
    )
}
YAML = {title: yaml.safe_load(text) for title, (kind, text) in RECIPES.items() if kind == "yaml"}
(GROOVY,) = (text for kind, text in RECIPES.values() if kind == "groovy")
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_UPLOAD = re.compile(r"junit-uploader ([^'\]\n]+)")
_IN_THE_TEXT = re.compile(r"`((?:junit-uploader|pytest-jama|pytest) [^`]+)`")


EVIDENCE = yaml.safe_load(
    re.findall(
        r"^## Journal and report as evidence\n.*?^```yaml\n(.*?)^```",
        KEEPING,
        re.DOTALL | re.MULTILINE,
    )[0]
)


def uploading_step(title: str) -> dict[str, Any]:
    """Return the step or job of a recipe in YAML that runs the uploader."""
    document = YAML[title]
    steps = document["steps"] if "steps" in document else list(document.values())
    (found,) = (step for step in steps if "junit-uploader" in str(step))
    return dict(found)


def test_there_is_a_recipe_for_each_service() -> None:
    services = {"GitHub Actions", "GitLab CI", "Jenkins", "Azure Pipelines", "TeamCity"}
    assert set(RECIPES) == services


@every(
    "title, key, value",
    [
        ("GitHub Actions", "if", "always()"),
        ("GitLab CI", "when", "always"),
        ("Azure Pipelines", "condition", "always()"),
    ],
)
def test_the_upload_runs_also_after_failed_tests(title: str, key: str, value: str) -> None:
    assert uploading_step(title)[key] == value


def test_the_upload_of_jenkins_runs_also_after_failed_tests() -> None:
    assert re.search(r"post \{\s+always \{.*junit-uploader.*\}\s+cleanup \{", GROOVY, re.DOTALL)
    assert [GROOVY.count(each) for each in "{(["] == [GROOVY.count(each) for each in "})]"]


@every("title", RECIPES)
def test_every_recipe_keeps_the_journal(title: str) -> None:
    assert ".jama" in SECTIONS[title]


@pytest.mark.parametrize("title", ["GitHub Actions", "Azure Pipelines"])
def test_secrets_are_handed_over_where_the_service_does_not(title: str) -> None:
    assert set(uploading_step(title)["env"]) == {"JAMA_CLIENT_ID", "JAMA_CLIENT_SECRET"}


@every("title", RECIPES)
def test_every_recipe_calls_the_uploader_as_it_wants_to_be_called(title: str) -> None:
    (arguments,) = _UPLOAD.findall(RECIPES[title][1])
    assert parse_options(shlex.split(arguments)).reports


def test_commands_in_the_text_are_understood(pytestconfig: pytest.Config) -> None:
    commands = [shlex.split(each) for each in _IN_THE_TEXT.findall(PAGE + KEEPING + FORKS)]
    assert {program for program, *_ in commands} == {"junit-uploader", "pytest-jama", "pytest"}
    for program, *arguments in commands:
        parse_as_the_program(program, arguments, set(vars(pytestconfig.option)))


def parse_as_the_program(program: str, arguments: list[str], pytest_options: set[str]) -> None:
    """Parse a command line; what the program does not know ends the test."""
    if program == "junit-uploader":
        parse_options(arguments)
    elif program == "pytest-jama":
        command = toolbox.commands[arguments[0]]
        command.make_parser(click.Context(command)).parse_args(arguments[1:])
    else:
        named = {each.partition("=")[0].strip("-").replace("-", "_") for each in arguments}
        assert named <= pytest_options


def test_every_example_in_yaml_can_be_read() -> None:
    texts = _YAML.findall(PAGE)
    assert len(texts) > len(YAML)
    assert all(yaml.safe_load(text) for text in texts)


def test_the_recipe_of_evidence_keeps_what_its_session_writes(pytestconfig: pytest.Config) -> None:
    *_, run, manifest, keep = EVIDENCE["jobs"]["verify"]["steps"]
    program, *arguments = shlex.split(run["run"])
    options = {each.partition("=")[0] for each in arguments}
    parse_as_the_program(program, sorted(options), set(vars(pytestconfig.option)))

    written = [each.partition("=")[2] for each in arguments if "report=" in each]
    kept = keep["with"]["path"].split()
    assert {Path(each).parts[0] for each in written} | {".jama"} == set(kept)
    assert manifest["run"].startswith("pytest-jama manifest ")
    assert manifest["run"].endswith(" reports/upload.intoto.json")
    assert keep["if"] == manifest["if"] == "always()"


def test_templates_are_used_with_inputs_that_they_have() -> None:
    github, gitlab, azure = map(
        yaml.safe_load,
        _YAML.findall(SECTIONS["Templates"]),
    )
    root = DOCS.parent
    action = yaml.safe_load((root / "action.yml").read_text(encoding="utf-8"))
    step, gate = github["steps"]
    assert set(step["with"]) <= set(action["inputs"])
    used = re.findall(r"steps\.jama\.outputs\.([\w-]+)", str(gate))
    assert set(used) <= set(action["outputs"])
    (include,) = gitlab["include"]
    spec, _ = yaml.safe_load_all((root / "examples/ci/gitlab/jama.yml").read_text(encoding="utf-8"))
    assert set(include["inputs"]) <= set(spec["spec"]["inputs"])
    template = yaml.safe_load((root / "examples/ci/azure/jama.yml").read_text(encoding="utf-8"))
    names = {each["name"] for each in template["parameters"]}
    assert set(azure["steps"][0]["parameters"]) <= names


def test_every_value_that_sessions_hand_over_is_documented() -> None:
    place = (
        Place("project", "P", 1),
        Place("plan", "A", 2, "https://x"),
        Place("cycle", "B", 3, "x"),
    )
    values = session_values(Told(JAMA, UploadReport(Plan(place))))
    documented = {
        "JAMA_SESSION" + name
        for name in re.findall(r"`(?:JAMA_SESSION)?(_[A-Z_]+)`", SECTIONS["What the job shows"])
    }
    assert set(values) == documented


def test_only_the_job_of_a_fork_keeps_its_results_from_jama(tmp_path: Path) -> None:
    settings, job = map(yaml.safe_load, _YAML.findall(FORKS))
    (env,) = (step["env"] for step in job["jobs"]["test"]["steps"] if "env" in step)
    said = re.findall(r"'(\w+)'", env["WITHOUT_CREDENTIALS"])
    assert said == ["journal", "fail"]
    for value in said:
        text = f"{COMPLETE}upload: {json.dumps(settings['upload'])}\n"
        environ = {"JAMA_USERNAME": "", "JAMA_PASSWORD": "", "WITHOUT_CREDENTIALS": value}
        if value == "journal":
            assert load(tmp_path, text, environ=environ, may_keep=True).is_kept
        else:
            assert "no credentials for Jama" in problems_of(tmp_path, text, environ=environ)[0]
