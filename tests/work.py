"""How much work something is: counted, or where it is done in C, measured in CPU time and compared.

No test knows how fast the machine is. What else it does makes no difference to what is counted; it
makes single measurements worse, never better, so that the best ones of several count.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def count_calls(run: Callable[[], object]) -> int:
    """Return how many functions, of Python or of C, are called in this thread by something."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def is_in_proportion(small: Callable[[], object], large: Callable[[], object]) -> bool:
    """Return whether what is four times as large takes about four times as long, not 16 times.

    Args:
        small: Does the work once.
        large: Does it for four times as much.
    """
    before = after = float("inf")
    for _ in range(5):
        before = min(before, _seconds(small))
        after = min(after, _seconds(large))
        if after < 12 * before + 0.05:
            return True
    return False


def _seconds(run: Callable[[], object]) -> float:
    """Return the CPU time of this thread: servers of other tests may run beside."""
    began = time.thread_time()
    run()
    return time.thread_time() - began
