"""One guard around every hook: an error of ours costs what we do, never the session."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

Parameters = ParamSpec("Parameters")


class Troubles:
    """The errors of a session that the summary has to show; the first one in full.

    Attributes:
        first: The first error; None while there is none.
        count: How many there were.
        may_cost_results: Whether one of them may have kept a result from arriving as it should.
    """

    def __init__(self) -> None:
        self.first: Exception | None = None
        self.where = ""
        self.count = 0
        self.may_cost_results = False

    def add(self, error: Exception, *, where: str, costs_nothing: bool = False) -> None:
        """Remember an error and write it to the log, with its traceback.

        Args:
            error: The error.
            where: The hook or step it comes from.
            costs_nothing: Whether all results arrive in spite of it.
        """
        logger.debug("error in %s", where, exc_info=error)
        self.may_cost_results = self.may_cost_results or not costs_nothing
        self.count += 1
        if self.first is None:
            self.first, self.where = error, where


class HasTroubles(Protocol):
    """A plugin object whose hooks are guarded."""

    troubles: Troubles


Self = TypeVar("Self", bound=HasTroubles)
Answer = TypeVar("Answer")


def guarded(
    hook: Callable[Concatenate[Self, Parameters], Answer],
) -> Callable[Concatenate[Self, Parameters], Answer | None]:
    """Keep every exception of a hook from becoming pytest's INTERNALERROR.

    The hook then answers None, as if it were not there. Usage errors pass: they are how a plugin
    tells pytest that it is used wrongly.
    """

    @functools.wraps(hook)
    def guard(
        self: Self,
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Answer | None:
        try:
            return hook(self, *args, **kwargs)
        except pytest.UsageError:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, the session goes on)
            self.troubles.add(error, where=hook.__name__)
            return None

    return guard
