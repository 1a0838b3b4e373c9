"""What was tested, as far as the reports, the CI system or the user say it. Pure.

The checkout around the command is never asked: reports may come from anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from junit_uploader.sources import STDIN
from pytest_jama.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from junit_uploader.merged_reports import ReportFile

COMMIT_VARIABLES = (
    "GIT_COMMIT",  # Jenkins
    "GITHUB_SHA",
    "CI_COMMIT_SHA",  # GitLab
    "BUILD_SOURCEVERSION",  # Azure Pipelines
    "BITBUCKET_COMMIT",
    "CIRCLE_SHA1",
    "BUILD_VCS_NUMBER",  # TeamCity
    "BUILDKITE_COMMIT",
    "TRAVIS_COMMIT",
    "DRONE_COMMIT_SHA",
)
"""The variables in which CI systems say what they checked out."""

_NAMED = 4
"""How many commits an account names."""


def find_stated_commit(option: str, files: Iterable[ReportFile], environ: Mapping[str, str]) -> str:
    """Return the commit that was tested, or several; empty when nobody says it.

    Args:
        option: What the command line says; it beats all others.
        files: The reports; their properties beat the variables.
        environ: The environment.
    """
    if option.strip():
        return option.strip()
    named = sorted({commit for file in files for commit in file.commits})
    if named:
        more = f" + {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        return " + ".join(named[:_NAMED]) + more
    return next(filter(None, (environ.get(name, "") for name in COMMIT_VARIABLES)), "")


def name_reports(files: Iterable[ReportFile]) -> str:
    """Return which reports an account is made of: ``JUnit XML report.xml and 2 more``."""
    read = [file for file in files if file.error is None]
    first, *others = [file.path for file in read]
    name = "from stdin" if first == STDIN else printable(first)
    more = f" and {len(others)} more" if others else ""
    zone = " (times without a zone, read as UTC)" if any(file.lacks_zone for file in read) else ""
    return f"JUnit XML {name}{more}{zone}"
