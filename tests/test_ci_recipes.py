"""The recipes of docs/ci.md can be copied: valid, always run, with commands that exist."""

from __future__ import annotations

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

PAGE = (Path(__file__).parents[1] / "docs" / "ci.md").read_text(encoding="utf-8")
RECIPES = {
    title: (language, text)
    for title, language, text in re.findall(
        r"^## ([^\n]+)\n+```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE
    )
}
YAML = {title: yaml.safe_load(text) for title, (kind, text) in RECIPES.items() if kind == "yaml"}
(GROOVY,) = (text for kind, text in RECIPES.values() if kind == "groovy")
_UPLOAD = re.compile(r"junit-uploader ([^'\]\n]+)")
_IN_THE_TEXT = re.compile(r"`((?:junit-uploader|pytest-jama|pytest) [^`]+)`")


EVIDENCE = yaml.safe_load(
    re.findall(
        r"^### Journal and report as evidence\n.*?^```yaml\n(.*?)^```",
        PAGE,
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
    assert set(RECIPES) == {"GitHub Actions", "GitLab CI", "Jenkins", "Azure Pipelines"}


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("title", RECIPES)
def test_every_recipe_keeps_the_journal(title: str) -> None:
    assert ".jama" in RECIPES[title][1]


@pytest.mark.parametrize("title", ["GitHub Actions", "Azure Pipelines"])
def test_secrets_are_handed_over_where_the_service_does_not(title: str) -> None:
    assert set(uploading_step(title)["env"]) == {"JAMA_CLIENT_ID", "JAMA_CLIENT_SECRET"}


@pytest.mark.parametrize("title", RECIPES)
def test_every_recipe_calls_the_uploader_as_it_wants_to_be_called(title: str) -> None:
    (arguments,) = _UPLOAD.findall(RECIPES[title][1])
    assert parse_options(shlex.split(arguments)).reports


def test_commands_in_the_text_are_understood(pytestconfig: pytest.Config) -> None:
    commands = [shlex.split(each) for each in _IN_THE_TEXT.findall(PAGE)]
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
        assert {each.strip("-").replace("-", "_") for each in arguments} <= pytest_options


def test_every_example_in_yaml_can_be_read() -> None:
    texts = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
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
