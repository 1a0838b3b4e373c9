"""What a field of a settings model says of itself besides its type.

Both values stand in the `Annotated` metadata of the fields; the messages about wrong settings, the
reference page and the tables of flags and variables are made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a setting accepts.

    Attributes:
        words: Completes "use ..." in a message and stands in the reference page.
    """

    words: str


@dataclass(frozen=True, slots=True)
class Given:
    """Where else than in jama.yaml a setting can be given.

    Attributes:
        variable: The environment variable.
        option: The flag without its prefix: ``plan`` is ``--jama-plan`` of pytest and ``--plan`` of
            the command lines. Empty when no flag exists, as for secrets.
    """

    variable: str
    option: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the validation of paths depends on.

    Attributes:
        folder: What relative paths are relative to.
        checks_files: Whether certificate files must exist.
    """

    folder: Path
    checks_files: bool = True


_Metadata = TypeVar("_Metadata", Allowed, Given)


def find_metadata(field: FieldInfo, kind: type[_Metadata]) -> _Metadata | None:
    """Return what a field declares of the given kind."""
    return next((item for item in field.metadata if isinstance(item, kind)), None)


def mistake(message: str, *, remedy: str) -> PydanticCustomError:
    """Make the error that a validator raises when `Allowed` does not say enough.

    Args:
        message: Completes the name of the setting: ``is before start (2024-02-01)``.
        remedy: What the user can do about it.
    """
    # The texts go into the context: pydantic would fill in braces of a message template.
    return PydanticCustomError("mistake", "mistake", {"message": message, "remedy": remedy})
