"""What is known of an update, and of the place that it is for, before it is sent. Pure."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class EarlierStatus(NamedTuple):
    """What stood in a place once: it was read there, or we sent it, as far as is known.

    A server of several replicas may show it still for a while.

    Attributes:
        status: The status.
        steps: Those of its steps; None when they are not known.
        text: What stood beside it; empty when that is not known.
    """

    status: str
    steps: tuple[str, ...] | None = None
    text: str = ""


class PriorState(Enum):
    """What is known of an update before it is sent."""

    NEW = "new"
    """It was not sent, or no one knows whether it arrived."""
    ARRIVED = "arrived"
    """An earlier upload brought it there."""
    CHANGED = "changed"
    """An earlier upload saw it stored there; the server shows something else now."""
    AS_BEFORE = "as before"
    """The same, and it shows what stood there earlier: a list may be behind."""
    OUTDATED = "outdated"
    """A later session has written there."""
    UNCERTAIN = "uncertain"
    """A later session may have written there: its journal lacks lines."""
