"""What the layout promises and no import contract can say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pytest_jama"


@pytest.mark.parametrize(
    "module",
    ["pytest_jama", "pytest_jama.core.verdicts", "pytest_jama.plugin", "pytest_jama.cli"],
)
def test_importing_costs_no_library_that_is_not_used(module: str) -> None:
    heavy = "requests yaml pydantic junitparser lxml rich tenacity click fastapi"
    code = f"import sys, {module}; print(sorted(set({heavy.split()!r}) & set(sys.modules)))"
    finished = subprocess.run(  # noqa: S603 (our own code)
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path.relative_to(ROOT)
        for path in PACKAGE.rglob("*.py")
        if not path.read_text(encoding="utf-8").startswith(('"""', 'r"""'))
    ]
    assert silent == []


def test_modules_stay_readable_in_one_go() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > 350} == {}
