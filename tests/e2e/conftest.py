"""A repository whose server may be broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.resuming import CASES, IN_FLIGHT, SUITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Repository


@pytest.fixture
def apart(make_apart: Callable[[str, int], Repository]) -> Repository:
    """A repository with a sandbox of its own, whose faults hurt no other test."""
    repository = make_apart("R", CASES)
    repository.write(
        "jama.yaml",
        f"""
        project: KEY
        plan: Release 1
        cycle: Build 1
        upload: {{concurrency: {IN_FLIGHT}}}
        """,
    )
    repository.write("test_it.py", SUITE)
    return repository
