"""The pages tell the truth: links lead somewhere, nothing that exists is missing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import pytest_jama
from docs.site import commands_page, hooks_page
from docs.site.check_site import faults_of_links, faults_of_page, faults_of_style
from docs.site.site_pages import SOURCES, link_within_site
from pytest_jama.core.results import Outcome
from pytest_jama.report.evidence.trace_record import Rank
from pytest_jama.session.exit_status import ExitStatus
from tests.every import every

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
ARCHITECTURE = DOCS / "architecture.md"
GUIDES = [ROOT / "CONTRIBUTING.md", ARCHITECTURE]
INSTALLED = Path(pytest_jama.__path__[0]).parent
PACKAGES = ("pytest_jama", "junit_uploader")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@every("page", [*PAGES, ROOT / "CONTRIBUTING.md"])
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_readme_is_read_in_one_go() -> None:
    assert len(_read(ROOT / "README.md").splitlines()) <= 150


def test_every_page_is_in_the_navigation_of_the_site_once() -> None:
    pages = [page.relative_to(DOCS).as_posix() for page in PAGES[1:]]
    assert sorted(_pages_of(SITE["nav"])) == sorted([*pages, *SOURCES])


def test_every_page_made_of_another_file_has_one() -> None:
    assert [source for source in SOURCES.values() if not (ROOT / source).is_file()] == []


@every(
    "text, on_site",
    [
        ("[a](lock.md#two)", "[a](lock.md#two)"),
        ("[a](../CONTRIBUTING.md)", "[a](contributing.md)"),
        ("[a](../examples/map)", "[a](https://github.com/pytest-jama/pytest-jama/tree/main/examples/map)"),
        ("[a](../pyproject.toml)", "[a](https://github.com/pytest-jama/pytest-jama/blob/main/pyproject.toml)"),
        ("[a](https://jsonlines.org)", "[a](https://jsonlines.org)"),
        ("`[a](../CONTRIBUTING.md)`", "`[a](../CONTRIBUTING.md)`"),
        ("[a](../nothing)", "[a](nothing)"),
    ],
    ids=["page", "made page", "folder", "file", "elsewhere", "code", "dead"],
)  # fmt: skip
def test_links_of_a_page_work_on_the_site(text: str, on_site: str) -> None:
    assert link_within_site(text, source="docs/a.md", page="a.md") == on_site


def test_links_of_the_readme_and_of_deeper_pages_work_on_the_site() -> None:
    assert link_within_site("(x)[a](docs/b.md)", source="README.md", page="index.md").endswith(
        "(b.md)"
    )
    assert link_within_site("[a](../b.md)", source="docs/c/a.md", page="c/a.md") == "[a](../b.md)"


@every(
    "tag",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/x">',
        '<img src="http://a.example/b.png">',
        '<p style="background: url(https://a.example/b.png)">',
    ],
)
def test_a_site_that_loads_from_elsewhere_is_refused(tag: str) -> None:
    policy = """<meta http-equiv="Content-Security-Policy" content="default-src 'self'">"""
    assert faults_of_page(f'{policy}<a href="https://a.example">') == []
    assert faults_of_page(policy + tag) != []


def test_a_page_without_a_policy_and_a_style_from_elsewhere_are_refused() -> None:
    assert faults_of_page("<p>text</p>") == ["has no policy against other servers"]
    assert faults_of_style("@import 'https://a.example/x.css'") == ["loads https://a.example/x.css"]


def test_a_link_of_the_site_to_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    links = ("b.html#there", "#here", "https://a.example/#x", "b.html#gone", "c.html", "#nowhere")
    page = "".join(f'<a href="{link}">link</a>' for link in links)
    (tmp_path / "a.html").write_text(f'<p id="here">{page}</p>', encoding="utf-8")
    (tmp_path / "b.html").write_text('<h2 id="there">There</h2>', encoding="utf-8")
    told = [fault for _, fault in faults_of_links(tmp_path)]
    assert [fault.split()[2].rstrip(":,") for fault in told] == [
        "b.html#gone",
        "c.html",
        "#nowhere",
    ]


def test_every_option_is_documented(pytestconfig: pytest.Config) -> None:
    options = {name.replace("_", "-") for name in vars(pytestconfig.option) if "jama" in name}
    page = (ROOT / "docs" / "pytest.md").read_text(encoding="utf-8")
    assert options
    assert [option for option in sorted(options) if f"`--{option}" not in page] == []


@every("outcome", [outcome for outcome in Outcome if outcome.did_run])
def test_every_outcome_is_documented(outcome: Outcome) -> None:
    assert f"`{outcome.value}`" in (ROOT / "docs" / "pytest.md").read_text(encoding="utf-8")


def test_every_rank_of_requirements_is_documented_in_its_order() -> None:
    table = (
        _read(DOCS / "trace.md").partition("## Ranks")[2].partition("\n\n")[2].partition("\n\n")[0]
    )
    ranks = re.findall(r"^\| (?!rank|---)([^|]+) \|", table, re.MULTILINE)
    assert ranks == [rank.value for rank in Rank]


def test_the_pages_made_of_commands_and_hooks_are_fresh() -> None:
    assert commands_page.PAGE.read_text(encoding="utf-8") == commands_page.page_text(), "make docs"
    page = hooks_page.PAGE.read_text(encoding="utf-8")
    assert page == hooks_page.page_text(page), "make docs"


def test_every_hook_is_documented() -> None:
    page = _read(hooks_page.PAGE)
    assert hooks_page.all_hooks()
    assert [name for name in hooks_page.all_hooks() if f"### {name}\n" not in page] == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_every_file_that_developers_are_sent_to_exists(page: Path) -> None:
    named = re.findall(r"`((?:pytest_jama|junit_uploader|tests|docs)/[\w/.-]*)`", _read(page))
    assert named
    assert [path for path in named if not _place(path).exists()] == []


def test_what_the_architecture_names_stands_in_the_file_beside_it() -> None:
    named = re.findall(r"`([\w/]+\.py)`: ((?:`[\w.]+`(?:, )?)+)", _read(ARCHITECTURE))
    assert named
    missing = [
        (path, name)
        for path, names in named
        for name in re.findall(r"\w+", names)
        if not re.search(rf"^ *(?:(?:class|def) )?{name}\b", _read(_place(path)), re.MULTILINE)
    ]
    assert missing == []


def test_the_architecture_counts_the_files_of_its_questions() -> None:
    questions = _read(ARCHITECTURE).partition("## Ten questions")[2]
    rows = [line for line in questions.splitlines() if re.match(r"\| [A-Z]", line)]
    files = [re.findall(r"`[\w/-]+\.(?:py|md)`", row) for row in rows]
    assert (len(rows), f"opening {sum(map(len, files))} files" in questions) == (10, True)


def test_every_room_is_in_the_drawing() -> None:
    drawing = _read(ARCHITECTURE).split("```")[1]
    inits = (path for package in PACKAGES for path in (INSTALLED / package).rglob("__init__.py"))
    rooms = {path.parent.name for path in inits}
    assert rooms >= {*PACKAGES, "core", "session"}
    assert [name for name in rooms if not re.search(rf"\b{name}/", drawing)] == []


def test_every_exit_status_is_documented() -> None:
    documented = re.findall(r"^\| (\d+) \|", _read(DOCS / "exit-status.md"), re.MULTILINE)
    expected = sorted({*ExitStatus, pytest.ExitCode.USAGE_ERROR})
    assert documented == [str(int(status)) for status in expected]


def _pages_of(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    children = nav.values() if isinstance(nav, dict) else nav
    return [page for child in children for page in _pages_of(child)]


def _place(path: str) -> Path:
    return (INSTALLED if path.startswith(PACKAGES) else ROOT) / path


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
