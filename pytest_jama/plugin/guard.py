"""One guard around every hook: an error of ours never costs the session."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.errors import ErrorLog

Parameters = ParamSpec("Parameters")


class Guarded:
    """A plugin object whose hooks are guarded.

    Args:
        errors: Told of their errors.
    """

    def __init__(self, errors: ErrorLog) -> None:
        self.errors = errors

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Let go of the results before pytest collects garbage, which goes through all of them.

        The plugin manager keeps each object that was ever registered, to tell later plugins of it.
        """
        if config.pluginmanager.is_registered(self):  # another plugin may have done it
            config.pluginmanager.unregister(self)
            vars(self).clear()


Self = TypeVar("Self", bound=Guarded)
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
            self.errors.add(error, where=hook.__name__)
            return None

    return guard
