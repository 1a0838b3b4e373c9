"""The environment in which the tests began, brought back for the upload after them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def as_it_was(before: Mapping[str, str]) -> Iterator[None]:
    """Undo what tests did to ``os.environ``: a proxy that one forgot there would get credentials.

    Args:
        before: The variables that count inside the ``with`` block; afterwards the others are back.
    """
    now = dict(os.environ)
    _bring_back(before)
    try:
        yield
    finally:
        _bring_back(now)


def _bring_back(wanted: Mapping[str, str]) -> None:
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(wanted)
