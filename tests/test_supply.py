"""What is built, published and brought along: the workflows, and what we depend on."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import junit_uploader
import pytest_jama

ROOT = Path(__file__).parent.parent
PACKAGES = tuple(Path(package.__path__[0]) for package in (pytest_jama, junit_uploader))
CODE = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
GITHUB = ROOT / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
READ = {"contents": "read"}
PERMISSIONS = {"publish": {"id-token": "write"}, "announce": {"contents": "write"}}
"""By job; all others read the repository, and nothing else."""

MODULES = {
    "PyYAML": "yaml",
    "python-multipart": "multipart",
    "typing-extensions": "typing_extensions",
}
"""What a library is imported as, where that is not its name."""

# The wheel is tested without the workflows.
needs_workflows = pytest.mark.skipif(not WORKFLOWS, reason="the workflows are not here")


def read(file: Path) -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def jobs() -> dict[str, dict[str, Any]]:
    return {name: job for file in WORKFLOWS for name, job in read(file)["jobs"].items()}


def steps() -> list[dict[str, Any]]:
    return [step for job in jobs().values() for step in job["steps"]]


def project() -> dict[str, Any]:
    reader = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    content: dict[str, Any] = reader.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared: dict[str, Any] = content["project"]
    return declared


def names_of(requirements: list[str]) -> set[str]:
    names = [re.split(r"[\[<>=!~; ]", each)[0] for each in requirements]
    return {MODULES.get(name, name) for name in names}


@needs_workflows
def test_every_action_is_pinned_to_a_commit_and_says_its_version() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in WORKFLOWS)
    used = re.findall(r"\buses: *(.*)", text)
    pinned = {
        each for each in used if re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)
    }
    assert used
    assert set(used) - pinned == set()
    assert len(pinned) == len({each.partition("@")[0] for each in pinned})


@needs_workflows
def test_a_workflow_has_no_permission_and_a_job_only_those_it_needs() -> None:
    assert [read(file)["permissions"] for file in WORKFLOWS] == [{}] * len(WORKFLOWS)
    given = {name: job["permissions"] for name, job in jobs().items()}
    assert given == {name: PERMISSIONS.get(name, READ) for name in given}


@needs_workflows
def test_no_checkout_keeps_credentials_and_no_job_knows_a_secret() -> None:
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * len(checkouts)
    text = "".join(file.read_text(encoding="utf-8") for file in WORKFLOWS)
    assert re.findall(r"secrets\.|pull_request_target|workflow_run", text) == []


@needs_workflows
def test_no_script_of_a_job_holds_what_somebody_else_has_named() -> None:
    scripts = [step["run"] for step in steps() if "run" in step]
    assert scripts
    assert [script for script in scripts if "${{" in script] == []


@needs_workflows
def test_what_publishes_builds_nothing_and_waits_for_what_built() -> None:
    publish = jobs()["publish"]
    assert (publish["needs"], publish["environment"]["name"]) == ("build", "pypi")
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]
    assert publish["steps"][1]["with"] == {"attestations": True}


@needs_workflows
def test_each_commit_meets_the_lowest_versions_known_holes_and_other_systems() -> None:
    scripts = {step["run"] for step in steps() if "run" in step}
    assert {
        "make check",
        "make test faults",
        "make test-lowest",
        "make test-wheel",
        "make audit",
    } <= scripts
    systems = jobs()["other-systems"]["strategy"]["matrix"]["system"]
    assert systems == ["windows-latest", "macos-latest"]


def test_every_dependency_has_a_lower_bound_and_no_upper_one() -> None:
    declared = project()
    requirements = [*declared["dependencies"], *declared["optional-dependencies"]["sandbox"]]
    assert [each for each in requirements if not re.fullmatch(r"[\w-]+>=[\d.]+", each)] == []


def test_every_library_that_is_imported_is_declared() -> None:
    declared = project()
    core = names_of(declared["dependencies"])
    core.add("pydantic_core")  # each version of pydantic names one of it
    sandbox = core | names_of(declared["optional-dependencies"]["sandbox"])
    own = {package.name for package in PACKAGES}
    undeclared = [
        (file.name, name)
        for file in CODE
        for name in looked_through(file)[0] - sys.stdlib_module_names - own
        if name not in (sandbox if "sandbox" in file.parts else core)
    ]
    assert undeclared == []


@functools.cache
def looked_through(file: Path) -> tuple[set[str], list[str]]:
    """Return which libraries a file imports, and where it opens text as the system does."""
    names: set[str] = set()
    opened = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module).partition(".")[0])
        elif isinstance(node, ast.Call) and is_of_a_system(node):
            opened.append(f"{file.name}:{node.lineno}")
    return names, opened


_TEXT = {"open", "TextIOWrapper", "fdopen"}
_TEXT_METHODS = {*_TEXT, "read_text", "write_text"}
_TEXT_IF_ASKED = {"NamedTemporaryFile", "TemporaryFile"}


def test_files_are_opened_as_bytes_or_with_an_encoding() -> None:
    # Windows has another encoding than UTF-8, and writes CR LF through what is not binary.
    assert [where for file in CODE for where in looked_through(file)[1]] == []


def is_of_a_system(call: ast.Call) -> bool:
    """Return whether a call opens text in the encoding, or with the line ends, of the system."""
    is_method = isinstance(call.func, ast.Attribute)
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name == "open" and ast.unparse(call.func) == "os.open":
        return not re.search("BINARY|APPENDING|devnull", ast.unparse(call))
    if ast.unparse(call.func) == "dist.read_text":  # importlib reads metadata as UTF-8
        return False
    if name not in _TEXT_METHODS | _TEXT_IF_ASKED:
        return False
    modes = [each.value for each in ast.walk(call) if isinstance(each, ast.Constant)]
    is_binary = any(
        isinstance(mode, str) and re.fullmatch("[rwxa]\\+?b\\+?", mode) for mode in modes
    )
    says = is_binary or any(each.arg == "encoding" for each in call.keywords) or "utf-8" in modes
    asks = any(isinstance(mode, str) and re.fullmatch("[rwxa]\\+?t?\\+?", mode) for mode in modes)
    is_text = name in (_TEXT_METHODS if is_method else _TEXT) or (name in _TEXT_IF_ASKED and asks)
    return is_text and not says


def test_a_file_in_the_encoding_of_the_system_is_found() -> None:
    wrong = [
        "open(p)",
        "p.read_text()",
        "p.open('w')",
        "os.open(p, os.O_RDWR)",
        "p.write_text(t)",
        "tempfile.NamedTemporaryFile('w')",
    ]
    right = [
        "open(p, 'rb')",
        "os.open(p, os.O_RDWR | BINARY)",
        "read_text(p, label)",
        "tempfile.NamedTemporaryFile(dir=p)",
        "p.read_text('utf-8')",
        "p.open(encoding='utf-8')",
        "os.replace(p, q)",
    ]
    calls = {text: ast.parse(text, mode="eval").body for text in (*wrong, *right)}
    found = [
        text for text, call in calls.items() if isinstance(call, ast.Call) and is_of_a_system(call)
    ]
    assert found == wrong
