"""The hooks of pytest-jama: its whole extension interface.

Implement them in a ``conftest.py`` that pytest loads before collection (the one of the rootdir, or
of a folder named on the command line), or in a distribution with an entry point in the group
``pytest_jama``::

    from pytest_jama import hookimpl

    @hookimpl
    def adjust_verdict(verdict):
        ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.config import SharedSettings
    from pytest_jama.core.plan import UploadReport
    from pytest_jama.core.port import Target
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict

hookspec = pluggy.HookspecMarker("pytest_jama")


@hookspec(firstresult=True)
def make_target(name: str, settings: SharedSettings) -> Target | None:
    """Make the target of a name; the first one that is made is used.

    Args:
        name: The value of the setting ``target``; ``jama`` and ``octane`` are built in.
        settings: All settings, for the kind of server that they are of.
    """


@hookspec(firstresult=True)
def find_case_refs(result: TestResult) -> Sequence[str | int] | None:
    """Name the test cases of a test without references of its own.

    The first answer other than None counts; the map of jama.yaml answers last.

    Args:
        result: The test. Before it has run its outcome is `NOT_REACHED` or `DESELECTED`.

    Returns:
        Case references as in a marker; ``JEET1-TC-12#2`` names a step. None for "I don't know".
    """


@hookspec(firstresult=True)
def adjust_verdict(verdict: CaseVerdict) -> CaseVerdict | None:
    """Replace the verdict on one case before it is planned and sent.

    It is asked once for a case: at the end of the session, or with ``upload: {when: during}`` when
    all tests of the case have finished.

    Args:
        verdict: The verdict, with all results that led to it.

    Returns:
        The verdict to use, usually ``dataclasses.replace(verdict, verdict=...)``; None keeps it.
    """


@hookspec
def upload_finished(report: UploadReport) -> None:
    """Look at the report of an upload, after everything was sent and read back.

    Args:
        report: The report; after a dry run it has a plan and no receipts.
    """
