"""Which exit status follows from which error; the same for all command lines."""

from __future__ import annotations

from pytest_jama.core.errors import (
    CredentialsError,
    InterruptedUploadError,
    OutOfReachError,
    PytestJamaError,
    SettingsError,
    TargetError,
)

EXIT_SENT = 0
EXIT_NOT_SENT = 1
EXIT_WRONG_USE = 2
EXIT_OUT_OF_REACH = 3

_STATUS_BY_ERROR: dict[type[PytestJamaError], int] = {
    SettingsError: EXIT_WRONG_USE,
    OutOfReachError: EXIT_OUT_OF_REACH,
    CredentialsError: EXIT_OUT_OF_REACH,
    TargetError: EXIT_NOT_SENT,
    InterruptedUploadError: EXIT_NOT_SENT,
    PytestJamaError: EXIT_NOT_SENT,
}


def exit_status_of(error: PytestJamaError) -> int:
    """Return the exit status of an error: that of its nearest class in the table."""
    return next(_STATUS_BY_ERROR[kind] for kind in type(error).__mro__ if kind in _STATUS_BY_ERROR)
