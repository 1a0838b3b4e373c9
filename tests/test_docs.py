"""The pages tell the truth: links lead somewhere, nothing that exists is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_jama.core.results import Outcome
from pytest_jama.hooks import specs

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_readme_is_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if f"docs/{page.name}" not in readme] == []


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
