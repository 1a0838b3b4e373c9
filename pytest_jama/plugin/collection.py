"""Where tests are: what was collected, which cases it names, and what each test says of itself.

Runs in the process that runs the tests: pytest itself, or each worker of pytest-xdist. It does no
input or output. All it tells the controlling process travels on the test reports, in one plain dict
(`report.pytest_jama`), and in `item.user_properties`, which ``--junitxml`` writes too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.plugin.evidence import find_evidence, forget_evidence
from pytest_jama.plugin.guard import guarded
from pytest_jama.plugin.marker import MarkerError, read_markers

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_jama.troubles import Troubles

PROPERTY = "jama"
"""Name of the test property (`user_properties`, `<property>`) that carries the links of markers."""


class CollectedTests:
    """Reads the markers, notices what was deselected, and puts it all on the reports."""

    def __init__(self, troubles: Troubles) -> None:
        self.troubles = troubles
        self._known: dict[pytest.Item, str] = {}
        self._unsent: dict[str, Any] | None = None
        self._renamed: dict[str, str] = {}
        self._running: pytest.Item | None = None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_make_collect_report(
        self,
        collector: pytest.Collector,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """See every test of a file, also those that a node ID on the command line leaves out."""
        report = yield
        if isinstance(collector, (pytest.Module, pytest.Class)):
            for node in report.result or ():
                if isinstance(node, pytest.Item):
                    self._known[node] = node.nodeid
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Remember the tests under the IDs they have before others rename or drop some.

        ``--dist loadgroup`` of pytest-xdist adds the name of the group to the IDs.
        """
        for item in items:
            self._known[item] = item.nodeid

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the markers, after every plugin and conftest had a chance to set some."""
        mistakes: list[str] = []
        selected = [self._describe(item, mistakes) for item in session.items]
        chosen = set(session.items)
        left_out = [item for item in self._known if item not in chosen]
        deselected = [self._describe(item, mistakes) for item in left_out]
        self._renamed = {
            item.nodeid: original
            for item, original in self._known.items()
            if item.nodeid != original
        }
        self._known.clear()
        if mistakes:
            session.config.hook.pytest_collectreport(report=_report_mistakes(mistakes))
        self._unsent = {
            "selected": selected,
            "deselected": deselected,
            "renamed": self._renamed,
        }

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Know whose reports come now."""
        self._running = item

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Put on a report what the controlling process has to know, before xdist sends it."""
        payload = self._take_unsent()
        item = self._running
        if item is not None and report.when != "setup":
            evidence = find_evidence(item)
            if evidence is not None:
                payload.update(evidence.as_plain())
        if item is not None and report.outcome not in _FINAL:
            forget_evidence(item)
        if payload:
            report.pytest_jama = payload  # type: ignore[attr-defined]

    def _take_unsent(self) -> dict[str, Any]:
        unsent, self._unsent = self._unsent, None
        return {} if unsent is None else {"collected": unsent}

    def _describe(self, item: pytest.Item, mistakes: list[str]) -> tuple[str, str]:
        """Return the ID of a test and the links of its markers as text."""
        test_id = self._known.get(item, item.nodeid)
        try:
            text = ",".join(map(str, read_markers(item)))
        except MarkerError as exc:
            mistakes.append(f"{_where(item)}: {exc}; correct the marker of {test_id}")
            return test_id, ""
        if text:
            item.user_properties.append((PROPERTY, text))
        return test_id, text


_FINAL = frozenset({"passed", "failed", "skipped"})
"""The outcomes of reports; anything else, such as ``rerun``, ends an attempt and not the test."""


def _report_mistakes(mistakes: list[str]) -> pytest.CollectReport:
    """Make a report that carries mistakes to the reporter, which refuses the session.

    A worker of xdist cannot refuse a session itself, and the only thing it sends before the tests
    begin are collect reports that have not passed.
    """
    return pytest.CollectReport(
        nodeid="",
        outcome="skipped",
        longrepr=("", 0, "\n".join(mistakes)),
        result=[],
        pytest_jama=mistakes,
    )


def _where(item: pytest.Item) -> str:
    path, line, _ = item.location
    return path if line is None else f"{path}:{line + 1}"
