"""The pages tell the truth: links lead somewhere, nothing that exists is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pytest_jama
from pytest_jama.core.results import Outcome
from pytest_jama.hooks import specs
from pytest_jama.session.exit_status import ExitStatus

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
GUIDES = [ROOT / "CONTRIBUTING.md", DOCS / "architecture.md"]
INSTALLED = Path(pytest_jama.__path__[0]).parent
PACKAGES = ("pytest_jama", "junit_uploader")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_readme_is_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if f"docs/{page.name}" not in readme] == []
    assert "CONTRIBUTING.md" in readme


def test_every_option_is_documented(pytestconfig: pytest.Config) -> None:
    options = {name.replace("_", "-") for name in vars(pytestconfig.option) if "jama" in name}
    page = (ROOT / "docs" / "pytest.md").read_text(encoding="utf-8")
    assert options
    assert [option for option in sorted(options) if f"`--{option}" not in page] == []


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome.did_run])
def test_every_outcome_is_documented(outcome: Outcome) -> None:
    assert f"`{outcome.value}`" in (ROOT / "docs" / "pytest.md").read_text(encoding="utf-8")


def test_every_hook_is_documented() -> None:
    hooks = [name for name, spec in vars(specs).items() if hasattr(spec, "pytest_jama_spec")]
    page = (ROOT / "docs" / "pytest.md").read_text(encoding="utf-8")
    assert [name for name in hooks if f"`{name}`" not in page] == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_every_file_that_developers_are_sent_to_exists(page: Path) -> None:
    named = re.findall(r"`((?:pytest_jama|junit_uploader|tests|docs)/[\w/.]*)`", _read(page))
    assert named
    places = [(INSTALLED if path.startswith(PACKAGES) else ROOT) / path for path in named]
    assert [place for place in places if not place.exists()] == []


def test_every_function_and_class_that_the_architecture_names_exists() -> None:
    page = _read(DOCS / "architecture.md")
    rows = "\n".join(line for line in page.splitlines() if line.startswith("|"))
    named = {name.rpartition(".")[2] for name in re.findall(r"`([A-Za-z_]\w+(?:\.\w+)?)`", rows)}
    sources = (path for package in PACKAGES for path in (INSTALLED / package).rglob("*.py"))
    defined = set(re.findall(r"\b(?:class|def) (\w+)", "\n".join(map(_read, sources))))
    assert named - {"about"} <= defined


def test_every_room_is_in_the_drawing() -> None:
    drawing = _read(DOCS / "architecture.md").split("```")[1]
    rooms = [
        each for each in (INSTALLED / "pytest_jama").iterdir() if (each / "__init__.py").exists()
    ]
    assert rooms
    names = [*(room.name for room in rooms), *PACKAGES, "junit"]
    assert [name for name in names if not re.search(rf"\b{name}/", drawing)] == []


def test_every_exit_status_is_documented() -> None:
    documented = re.findall(r"^\| (\d+) \|", _read(DOCS / "exit-status.md"), re.MULTILINE)
    expected = sorted({*ExitStatus, pytest.ExitCode.USAGE_ERROR})
    assert documented == [str(int(status)) for status in expected]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
