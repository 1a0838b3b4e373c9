"""Errors that cost what we do and never the session: remembered until its end tells of them."""

from __future__ import annotations

import logging


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
        logging.getLogger(__name__).debug("error in %s", where, exc_info=error)
        self.may_cost_results = self.may_cost_results or not costs_nothing
        self.count += 1
        if self.first is None:
            self.first, self.where = error, where
