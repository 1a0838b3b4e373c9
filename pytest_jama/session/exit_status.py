"""All exit statuses of the product, and what leads to each. docs/exit-status.md has the rule.

==  ====================================================================================
0   the session ended well: all that it was given was understood, and all that its mode
    promises was done
1   something was not understood, not sent, refused, or has no test run
2   wrong use or settings; nothing was done (of ``pytest``: 4, its own status for that)
3   the server is out of reach, or refuses the credentials; of ``selftest``: there is no sandbox
8   pytest only, in place of 1 and 3: the tests are green, and ``on_error`` is ``fail``
130 a command was interrupted before it had begun, or by a second Ctrl-C
==  ====================================================================================
"""

from __future__ import annotations

from enum import IntEnum

from pytest_jama.core.errors import (
    CredentialsError,
    OutOfReachError,
    PytestJamaError,
    SettingsError,
)


class ExitStatus(IntEnum):
    """What commands exit with, and what a green pytest session is changed to."""

    WELL = 0
    INCOMPLETE = 1
    WRONG_USE = 2
    OUT_OF_REACH = 3
    PYTEST_INCOMPLETE = 8
    INTERRUPTED = 130


_BY_ERROR: dict[type[PytestJamaError], ExitStatus] = {
    SettingsError: ExitStatus.WRONG_USE,
    OutOfReachError: ExitStatus.OUT_OF_REACH,
    CredentialsError: ExitStatus.OUT_OF_REACH,
    PytestJamaError: ExitStatus.INCOMPLETE,
}
"""What stopped a session; the nearest class counts."""


def exit_status_of(error: PytestJamaError) -> ExitStatus:
    """Return the exit status of a session that an error stopped."""
    return next(_BY_ERROR[kind] for kind in type(error).__mro__ if kind in _BY_ERROR)
