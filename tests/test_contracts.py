"""The import contracts of pyproject.toml refuse what they should, and names are unique.

Forbidden imports are planted in copies of both packages, which import-linter then checks: it names
each import that it refuses, so many stand in one copy.
"""

from __future__ import annotations

import ast
import functools
import shutil
import subprocess
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import junit_uploader
import pytest_jama

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTRACTS = Path(__file__).parents[1] / "pyproject.toml"
PACKAGES = tuple(Path(package.__path__[0]) for package in (pytest_jama, junit_uploader))
SOURCES = sorted(
    (path for package in PACKAGES for path in package.rglob("*.py")),
    key=lambda path: (path.parent, path.name),
)
FOLDERS = [[*paths] for _, paths in groupby(SOURCES, key=lambda path: path.parent)]

SHARED_NAMES = {"__init__", "__main__", "client", "login", "target", "wire"}
"""Names of modules that say the same of two servers, or that Python asks for."""

HOMES = {
    "_pytest": (),
    "click": ("pytest_jama/cli", "pytest_jama/session/command_line.py"),
    "fastapi": ("pytest_jama/sandbox",),
    "jinja2": (
        "pytest_jama/cli/selftest",
        "pytest_jama/report/evidence",
        "pytest_jama/sandbox",
    ),
    "junitparser": ("pytest_jama/report/evidence",),
    "lxml": ("junit_uploader/junit",),
    "pluggy": ("pytest_jama/__init__.py", "pytest_jama/hooks"),
    "pydantic": ("pytest_jama/config", "pytest_jama/sandbox"),
    "pytest": ("pytest_jama/plugin",),
    "pytest_jama.sandbox.serving": ("pytest_jama/cli", "pytest_jama/sandbox"),
    "requests": ("pytest_jama/targets/http",),
    "rich": ("pytest_jama/cli", "pytest_jama/report"),
    "tenacity": ("pytest_jama/targets/http",),
    "urllib3": ("pytest_jama/targets/http",),
    "yaml": ("pytest_jama/config",),
}
"""The folders and modules that may import a library, or the sandbox."""

UPWARD = {
    "pytest_jama/__init__.py": "pytest_jama.core.errors",
    "pytest_jama/core/cases.py": "pytest_jama.config.loading",
    "pytest_jama/core/port.py": "pytest_jama.targets.jama.target",
    "pytest_jama/config/loading.py": "pytest_jama.journal.lines",
    "pytest_jama/journal/lines.py": "pytest_jama.session.session",
    "pytest_jama/journal/file.py": "pytest_jama.targets.jama.target",
    "pytest_jama/targets/jama/target.py": "pytest_jama.hooks.specs",
    "pytest_jama/targets/http/transport.py": "pytest_jama.targets.jama.target",
    "pytest_jama/report/summary.py": "pytest_jama.session.session",
    "pytest_jama/hooks/specs.py": "pytest_jama.report.summary",
    "pytest_jama/session/session.py": "pytest_jama.plugin.reporter",
    "pytest_jama/plugin/reporter.py": "pytest_jama.cli.upload",
    "pytest_jama/cli/upload.py": "pytest_jama.plugin.reporter",
    "pytest_jama/sandbox/serving.py": "pytest_jama.targets.jama.client",
    "pytest_jama/sandbox/recorder.py": "pytest_jama.core.errors",
    "pytest_jama/core/errors.py": "junit_uploader.sources",
    "junit_uploader/__init__.py": "junit_uploader.sources",
    "junit_uploader/junit/parser.py": "junit_uploader.command",
    "junit_uploader/sources.py": "junit_uploader.merged_reports",
    "junit_uploader/merged_reports.py": "junit_uploader.listing",
    "junit_uploader/listing.py": "junit_uploader.command",
    "junit_uploader/command.py": "junit_uploader.cli",
}
"""One module of each room, and one that it may not import."""

FORMS = {
    "at the top": "import {}\n",
    "in a function": "def planted() -> None:\n    import {}\n",
    "for types": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {}\n",
}


class Copy:
    """A copy of both packages and their contracts, in which imports can be planted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(CONTRACTS, folder)
        for package in PACKAGES:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(package, folder / package.name, ignore=ignored)

    def plant(self, module: str, text: str) -> None:
        """Add a text to the end of a module, which is made when it is not there."""
        with (self.folder / module).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}")

    def refusals(self) -> str | None:
        """Return in one line why import-linter refuses the copy; None when it does not."""
        linter = Path(sys.executable).with_name("lint-imports")
        done = subprocess.run(  # noqa: S603 (a tool of this environment)
            [linter, "--no-logo", "--no-cache"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return " ".join((done.stdout + done.stderr).split()) if done.returncode else None


def refusals_of(folder: Path, planted: Iterable[tuple[str, str]]) -> str:
    """Return why a copy with these texts in these modules is refused; empty when it is not."""
    pytest.importorskip("importlinter", reason="the wheel is tested without developers' tools")
    copy = Copy(folder)
    for module, text in planted:
        copy.plant(module, text)
    return copy.refusals() or ""


def _dotted(module: str) -> str:
    return module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class Stated(NamedTuple):
    """What the statements of both packages say, wherever they stand.

    Attributes:
        imported: The modules that are imported, and those from which names are.
        classes: The names of classes.
    """

    imported: set[str]
    classes: list[str]


@functools.cache
def _stated() -> Stated:
    """Return what the statements say; no tree is kept: that would take more time than to parse."""
    stated = Stated(set(), [])
    for path in SOURCES:
        left: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
        while left:
            node = left.pop()
            if isinstance(node, ast.Import):
                stated.imported.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                stated.imported.add(node.module or "")
            elif isinstance(node, ast.ClassDef):
                stated.classes.append(node.name)
            inner = ast.iter_child_nodes(node)
            left += [each for each in inner if not isinstance(each, ast.expr)]
    return stated


def _name(path: Path) -> str:
    """Return the path of a module from the folder with both packages on."""
    (package,) = (each for each in PACKAGES if path.is_relative_to(each))
    return path.relative_to(package.parent).as_posix()


def test_packages_as_they_are_are_kept(tmp_path: Path) -> None:
    assert refusals_of(tmp_path, []) == ""


def outside_rooms(library: str) -> list[str]:
    """Return modules of every folder that may not import a library."""
    samples = [_name(path) for folder in FOLDERS for path in folder[:2]]
    return [module for module in samples if not module.startswith(HOMES[library])]


IMPORTERS = ("pytest_jama/core/text.py", "pytest_jama/core/plan.py", "pytest_jama/core/port.py")
LOOSE = ("pytest_jama", "pytest_jama/targets", "junit_uploader")


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> str:
    form = FORMS["in a function"]
    libraries = [(module, form.format(name)) for name in HOMES for module in outside_rooms(name)]
    upward = [(module, form.format(imported)) for module, imported in UPWARD.items()]
    forms = [
        (module, each.format("pytest_jama.config.loading"))
        for module, each in zip(IMPORTERS, FORMS.values(), strict=True)
    ]
    loose = [(f"{folder}/loose.py", '"""Has no place."""\n') for folder in LOOSE]
    planted = [*libraries, *upward, *forms, *loose]
    return refusals_of(tmp_path_factory.mktemp("planted"), planted)


@pytest.mark.parametrize("library", HOMES)
def test_library_is_refused_outside_its_rooms(refused: str, library: str) -> None:
    expected = {f"- {_dotted(module)} -> {library} (l." for module in outside_rooms(library)}
    assert {line for line in expected if line not in refused} == set()


@pytest.mark.parametrize("module, imported", UPWARD.items())
def test_import_that_points_up_is_refused(refused: str, module: str, imported: str) -> None:
    assert f"- {_dotted(module)} -> {imported} (l." in refused


@pytest.mark.parametrize("module", IMPORTERS, ids=FORMS)
def test_import_is_refused_wherever_it_stands(refused: str, module: str) -> None:
    assert f"- {_dotted(module)} -> pytest_jama.config.loading (l." in refused


@pytest.mark.parametrize("folder", LOOSE)
def test_module_without_a_place_is_refused(refused: str, folder: str) -> None:
    assert _dotted(f"{folder}/loose.py") in refused


def test_every_library_has_its_rooms() -> None:
    linter = pytest.importorskip("importlinter.api")
    contracts = linter.read_configuration(str(CONTRACTS))["contracts_options"]
    placed = {name for each in contracts for name in each.get("protected_modules", ())}
    libraries = {name.partition(".")[0] for name in _stated().imported} - sys.stdlib_module_names
    assert libraries - {package.name for package in PACKAGES} <= placed


def test_no_module_is_beside_the_rooms() -> None:
    found = {path.name for path in PACKAGES[0].iterdir() if path.is_file()}
    assert found == {"__init__.py", "__main__.py", "py.typed"}


def test_names_of_modules_tell_them_apart() -> None:
    counts = Counter(path.stem for path in SOURCES)
    assert {name for name, count in counts.items() if count > 1} <= SHARED_NAMES


def test_names_of_classes_tell_them_apart() -> None:
    counts = Counter(_stated().classes)
    assert [name for name, count in counts.items() if count > 1] == []
