"""What resolving changes at Jama, or would change in a dry run: in one place, with one wording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.core.runs import Unresolved

T = TypeVar("T")


@dataclass(slots=True)
class Changes:
    """The record of one `resolve`.

    Attributes:
        is_allowed: Whether changes are made; a dry run only notes them.
        tell: Told each change as soon as it is made.
        made: The changes, in their order.
        warnings: Sentences about what did not stop us.
        unresolved: Cases without a run.
    """

    is_allowed: bool
    tell: Callable[[str], None]
    made: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)

    def make(self, what: str, action: Callable[[], T], *, otherwise: T) -> T:
        """Make a change and note it; in a dry run only note it.

        Args:
            what: The change, as users read it.
            action: Makes it; a change that fails is neither noted nor told.
            otherwise: What a dry run goes on with.
        """
        result = action() if self.is_allowed else otherwise
        self.made.append(what)
        if self.is_allowed:
            self.tell(what)
        return result
