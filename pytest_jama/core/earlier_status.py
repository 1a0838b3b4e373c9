"""What a place at a server is known to have shown before it is written to. Pure."""

from __future__ import annotations

from typing import NamedTuple


class EarlierStatus(NamedTuple):
    """What stood in a place once: it was read there, or we sent it.

    A server of several replicas may show it still for a while.

    Attributes:
        status: The status.
        steps: Those of its steps; None when they are not known.
        text: What stood beside it; empty when that is not known.
    """

    status: str
    steps: tuple[str, ...] | None = None
    text: str = ""
