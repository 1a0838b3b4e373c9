"""Ctrl-C: the first one ends in order, the second one ends the process, whatever runs.

Python tells the main thread of a Ctrl-C between two steps of the program. What runs in C for long,
in this thread or in another one, is one step. So after the first Ctrl-C the system's own handler
stands there, which needs no step. The journal has each line already, as with ``kill -9``.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def second_interrupt_ends_all() -> Iterator[None]:
    """Let a second Ctrl-C end the process, also after the block; a first one is raised as ever.

    A handler that is not Python's own stays: whoever set it wants to know.
    """
    is_ours_to_set = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if not is_ours_to_set:
        yield
        return
    signal.signal(signal.SIGINT, _first)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is _first:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _first(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.default_int_handler(number, frame)
