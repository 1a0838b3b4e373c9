"""Keys of jama.yaml that look like credentials. They are refused, and their values never shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_jama.config.credentials import KINDS, variables_of
from pytest_jama.config.nodes import line_of, pairs_of
from pytest_jama.core.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from yaml.nodes import Node

_VARIABLES: Mapping[str, str] = {
    name: variable for kind in KINDS for name, variable in variables_of(kind).items()
}
_OAUTH, _BASIC = (" and ".join(variables_of(kind).values()) for kind in KINDS)

_VARIABLE_BY_WORD: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"passw|passphrase|^pass$|^pwd$"), _VARIABLES["password"]),
    (re.compile(r"secret"), _VARIABLES["client_secret"]),
    (re.compile(r"clientid"), _VARIABLES["client_id"]),
    (re.compile(r"username|^user$|^login$"), _VARIABLES["username"]),
    (re.compile(r"token|apikey|accesskey|oauth|bearer"), _OAUTH),
    (re.compile(r"credential|^auth$|authori[sz]ation|^basic$"), f"{_OAUTH}, or {_BASIC}"),
)
"""What a key looks like, in lower case without `_`, `-` and blanks -> the variables to use."""


def find_variable(key: str) -> str | None:
    """Return the variables to use instead of a key; None when it does not look like a secret."""
    squeezed = re.sub(r"[\s_-]", "", key.lower())
    return next((answer for look, answer in _VARIABLE_BY_WORD if look.search(squeezed)), None)


def find_secret_keys(
    node: Node,
    *,
    free: frozenset[tuple[str, ...]],
    path: tuple[str, ...] = (),
) -> Iterator[tuple[tuple[str, ...], Node, str]]:
    """Yield the keys of a tree that look like credentials, the outermost ones.

    Args:
        node: Where to look.
        free: Dotted paths below which keys belong to the user.
        path: The path of the node itself.

    Yields:
        The dotted path, the key's node, and the variables to use instead.
    """
    for name, (key, value) in pairs_of(node).items():
        here = (*path, name)
        variable = None if here in free else find_variable(name)
        if variable:
            yield here, key, variable
        elif here not in free:
            yield from find_secret_keys(value, free=free, path=here)


def refuse(path: tuple[str, ...], key: Node, variable: str, *, label: str) -> Problem:
    """Say that a secret does not belong into the file."""
    several = " and " in variable
    return Problem(
        f"{'.'.join(path)} does not belong into a file that people share",
        f"remove it and set the environment variable{'s' if several else ''} {variable}; "
        "if the file was committed, change the secret, too",
        f"{label}:{line_of(key)}",
    )
