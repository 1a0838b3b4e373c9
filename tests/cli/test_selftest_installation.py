"""What the selftest says of the installed files."""

from __future__ import annotations

import base64
import hashlib
from importlib.metadata import PathDistribution
from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli.selftest.installation import examine

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "pytest_jama/__init__.py": "one\n",
    "pytest_jama/core/verdicts.py": "two\n",
    "junit_uploader/__init__.py": "three\n",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder in which the distribution is installed."""
    lines = []
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
        lines.append(f"{name},sha256={digest.rstrip('=')},{len(text)}")
    info = tmp_path / "pytest_jama-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_bytes(b"Metadata-Version: 2.4\nName: pytest-jama\nVersion: 1.0\n")
    (info / "RECORD").write_text("\n".join([*lines, f"{info.name}/RECORD,,"]), encoding="utf-8")
    return tmp_path


def distribution(site: Path) -> PathDistribution:
    return PathDistribution(site / "pytest_jama-1.0.dist-info")


def test_what_is_as_it_was_installed_has_no_differences(site: Path) -> None:
    found = examine(distribution(site))
    assert (found.version, found.is_editable, found.files) == ("1.0", False, 3)
    assert (found.modified, found.missing, found.added) == ((), (), ())


def test_a_modified_a_missing_and_an_added_file_are_named(site: Path) -> None:
    before = examine(distribution(site)).sha256
    (site / "pytest_jama/core/verdicts.py").write_bytes(b"everything passed\n")
    (site / "junit_uploader/__init__.py").unlink()
    (site / "pytest_jama/extra.py").write_bytes(b"")
    (site / "pytest_jama/__pycache__").mkdir()
    (site / "pytest_jama/__pycache__/extra.pyc").write_bytes(b"")
    found = examine(distribution(site))
    assert found.modified == ("pytest_jama/core/verdicts.py",)
    assert found.missing == ("junit_uploader/__init__.py",)
    assert found.added == ("pytest_jama/extra.py",)
    assert found.sha256 != before


def test_the_list_is_that_of_sha256sum(site: Path) -> None:
    listing = "".join(
        f"{hashlib.sha256(FILES[name].encode()).hexdigest()}  {name}\n" for name in sorted(FILES)
    )
    assert examine(distribution(site)).sha256 == hashlib.sha256(listing.encode()).hexdigest()


def test_where_the_installer_has_recorded_no_file_of_ours_nothing_is_compared(site: Path) -> None:
    info = site / "pytest_jama-1.0.dist-info"
    (info / "RECORD").write_text("_editable_impl_pytest_jama.pth,,\n", encoding="utf-8")
    found = examine(distribution(site))
    assert (found.is_editable, found.added, found.modified) == (True, (), ())
    assert found.files > 100
