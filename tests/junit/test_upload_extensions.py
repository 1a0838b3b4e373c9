"""Hooks of installed distributions take part; those of a conftest.py are for pytest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.junit.reports import PASSED, make_case, suite

if TYPE_CHECKING:
    from tests.harness import Finished, Repository

NAMES_A_CASE = """
from pytest_jama import hookimpl

@hookimpl
def find_case_refs(result):
    return "KEY-TC-2" if result.test_id == "shop.Cart.adds" else None
"""
BROKEN = """
from pytest_jama import hookimpl

@hookimpl
def find_case_refs(result):
    raise OSError("no list of cases")
"""


@pytest.fixture
def shop(repository: Repository) -> Repository:
    """Two tests, one of them mapped."""
    repository.case(1)
    repository.case(2)
    repository.start_cycle()
    place = "project: KEY\nplan: Release 1\ncycle: Build 1\n"
    repository.write("jama.yaml", f"{place}tests: {{shop.Cart.pays: KEY-TC-1}}\n")
    repository.write("report.xml", suite(PASSED, make_case()))
    return repository


def install(repository: Repository, hooks: str) -> None:
    """Install a distribution with hooks."""
    metadata = "site/acme_jama-1.0.dist-info"
    repository.write(f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: acme-jama\nVersion: 1\n")
    repository.write(f"{metadata}/entry_points.txt", "[pytest_jama]\nacme = acme_jama_hooks\n")
    repository.write("site/acme_jama_hooks.py", hooks)


def upload(repository: Repository) -> Finished:
    environment = {"PYTHONPATH": str(repository.folder / "site")}
    command = [sys.executable, "-m", "junit_uploader", "report.xml"]
    return repository.run(command, environment=environment)


def test_hook_of_an_installed_distribution_names_cases(shop: Repository) -> None:
    install(shop, NAMES_A_CASE)
    finished = upload(shop)
    assert finished.status == 0, finished.output
    assert shop.statuses() == {1: "PASSED", 2: "PASSED"}


def test_hook_that_raises_is_said_and_costs_only_itself(shop: Repository) -> None:
    install(shop, BROKEN)
    finished = upload(shop)
    assert finished.status == 1
    assert "ERROR      in hook find_case_refs: OSError: no list of cases" in finished.output
    assert shop.statuses() == {1: "PASSED", 2: "NOT_RUN"}


def test_conftest_is_not_loaded(shop: Repository) -> None:
    shop.write("conftest.py", BROKEN)
    assert upload(shop).status == 0
