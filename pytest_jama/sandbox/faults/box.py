"""The faults in force."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.sandbox.faults.effects import Arrival, Effect, Fault, Judge


@dataclass
class FaultBox:
    """The faults in force; may be changed while the server runs."""

    _judges: dict[int, Judge] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _played: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_empty(self) -> bool:
        """Whether nothing can go wrong."""
        return not self._judges

    @property
    def played(self) -> dict[str, int]:
        """How often each fault was played so far, by name."""
        with self._lock:
            return dict(self._played)

    def add(self, fault: Fault) -> int:
        """Put a fault in force and return the number to take it away with."""
        with self._lock:
            number = next(self._numbers)
            self._judges[number] = fault.judge()
        return number

    def remove(self, number: int) -> None:
        """Take one fault away; the requests that it met already go on as they would have."""
        with self._lock:
            self._judges.pop(number, None)

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._judges.clear()

    @contextmanager
    def during(self, *faults: Fault) -> Iterator[None]:
        """Keep faults in force inside a `with` block."""
        numbers = [self.add(fault) for fault in faults]
        try:
            yield
        finally:
            for number in numbers:
                self.remove(number)

    def effects(self, arrival: Arrival) -> list[Effect]:
        """Ask the faults in order until one leaves nothing for the next; count what is played."""
        effects: list[Effect] = []
        with self._lock:
            for judge in self._judges.values():
                effects.append(judge(arrival))
                if effects[-1].is_last:
                    break
            self._played.update(effect.name for effect in effects if effect.name)
        return effects


def filled_box(*faults: Fault) -> FaultBox:
    """Put faults in force."""
    box = FaultBox()
    for fault in faults:
        box.add(fault)
    return box
