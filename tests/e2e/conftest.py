"""A repository whose server may be broken."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.server import Sandbox
from tests.e2e.resuming import CASES, IN_FLIGHT, SUITE
from tests.harness import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor


@pytest.fixture
def apart(
    tmp_path_factory: pytest.TempPathFactory, closing: ThreadPoolExecutor
) -> Iterator[Repository]:
    """A repository with a sandbox of its own, whose faults hurt nobody else."""
    with ExitStack() as stack:
        sandbox = Sandbox().start()
        stack.callback(closing.submit, sandbox.stop)
        repository = Repository(tmp_path_factory.mktemp("apart"), sandbox, "R")
        for number in range(1, CASES + 1):
            repository.case(number)
        repository.start_cycle()
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
        yield repository
