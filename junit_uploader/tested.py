"""What was tested, as far as the reports, the CI system or the user say it. Pure.

The checkout around the command is never asked: reports may come from anywhere.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.sources import STDIN
from pytest_jama.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from junit_uploader.junit.reported_test import ReportedTest
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


class StatedCommits(NamedTuple):
    """The commits under test, as far as anybody says them.

    Attributes:
        of_all: That of every test; empty when it is unknown, or differs.
        of_others: That of tests whose report says none, where they differ.
        late: By the number of a report, what it says after its tests, and so of all of them.
    """

    of_all: str = ""
    of_others: str = ""
    late: Mapping[int, str] = MappingProxyType({})

    def note_of(self, test: ReportedTest) -> str:
        """Return what an account says of one test; empty where the session says it."""
        own = "" if self.of_all else self._own(test) or self.of_others
        return f"commit {own}" if own else ""

    def _own(self, test: ReportedTest) -> str:
        return test.commit or self.late.get(test.suite.report, "")


def find_stated_commits(
    option: str,
    files: Sequence[ReportFile],
    tests: Iterable[ReportedTest],
    environ: Mapping[str, str],
) -> StatedCommits:
    """Return the commits that were tested.

    Args:
        option: What the command line says; it beats all others.
        files: The reports.
        tests: All tests in them; their properties beat the variables.
        environ: The environment.
    """
    if option.strip():
        return StatedCommits(option.strip())
    variable = next(filter(None, (environ.get(name, "") for name in COMMIT_VARIABLES)), "")
    if not any(file.commits for file in files):
        return StatedCommits(variable)
    own = {(test.suite.report, test.commit) for test in tests}
    early = {report for report, commit in own if commit}
    late = {
        number: " + ".join(file.commits)
        for number, file in enumerate(files)
        if number not in early and file.commits
    }
    said = {commit or late.get(report, "") or variable for report, commit in own}
    return StatedCommits(said.pop()) if len(said) == 1 else StatedCommits("", variable, late)


def name_reports(files: Iterable[ReportFile]) -> str:
    """Return which reports an account is made of: ``JUnit XML report.xml and 2 more``."""
    read = [file for file in files if file.error is None]
    first, *others = [file.path for file in read]
    name = "from stdin" if first == STDIN else printable(first)
    more = f" and {len(others)} more" if others else ""
    zone = " (times without a zone, read as UTC)" if any(file.lacks_zone for file in read) else ""
    return f"JUnit XML {name}{more}{zone}"
