"""Keeps what our threads log while tests run out of what is captured of those tests.

A test that looks at all that was logged while it ran must not find our requests among it, and no
report of a failure shall show them. A log file has them.
"""

from __future__ import annotations

import logging

from pytest_jama.core.errors import LOGGER

_LOGGERS = ("urllib3.connectionpool", LOGGER)
_OURS = "pytest-jama"
"""What the names of our threads begin with."""


class QuietThreads(logging.Filter):
    """Passes what our threads log to log files alone."""

    def begin(self) -> None:
        """Begin with it."""
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def end(self) -> None:
        """End it."""
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record goes the usual way."""
        if not (record.threadName or "").startswith(_OURS):
            return True
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.FileHandler) and record.levelno >= handler.level:
                handler.handle(record)
        return False
