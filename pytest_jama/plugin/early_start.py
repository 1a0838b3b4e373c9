"""Begins to send while tests run, where that is wanted and possible."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pytest_jama.core.plan import Mode
from pytest_jama.core.results import Outcome
from pytest_jama.session.early import make_early_target, start_early

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from pytest_jama.plugin.collector import ResultCollector
    from pytest_jama.session.session import Session


def prepare(config: pytest.Config, session: Session) -> None:
    """Load what sends, if that is wanted, while xdist starts its workers or before the collection.

    It takes half a second, in which workers would end tests whose results no journal has yet. With
    ``--dist each`` every test ends several times, so that no verdict is final before the end.

    Args:
        config: pytest's configuration.
        session: The session; its delivery gets a target.
    """
    if session.mode is Mode.SEND and config.getoption("dist", None) != "each":
        make_early_target(session)


def start(session: Session, collector: ResultCollector, account: str, started: datetime) -> None:
    """Begin it once all tests are collected.

    Args:
        session: The session; its `early` is set.
        collector: What it collected.
        account: One line for the account of each run: tool, time, commit.
        started: When the session began.
    """
    selected = collector.collected[Outcome.NOT_REACHED]
    if not any(selected.values()):
        return
    shown = session.shown
    start_early(
        session,
        [*map(shown.result, chain(collector.linked(), collector.uncollected.values()))],
        unsettled=[shown.name_of(each) for each in collector.asked if each in selected],
        order=lambda: map(shown.name_of, chain.from_iterable(collector.collected.values())),
        account=account,
        started=started.timestamp(),
    )
