"""Which distributions were installed, as the header of a journal has it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_jama.session.provenance import find_packages

if TYPE_CHECKING:
    from pathlib import Path


def test_packages_are_the_hash_of_their_names_and_versions(tmp_path: Path) -> None:
    for name in ("Pump_Tools-2.4.dist-info", "attrs-26.1.0.dist-info", "attrs"):
        (tmp_path / name).mkdir()
    missing = tmp_path / "missing"

    found = find_packages(map(str, (missing, tmp_path, tmp_path)))

    listed = b"attrs==26.1.0\npump-tools==2.4\n"
    assert found == {"count": 2, "sha256": hashlib.sha256(listed).hexdigest()}
