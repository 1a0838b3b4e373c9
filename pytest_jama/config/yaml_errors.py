"""Mistakes in the form of a settings file: what is not YAML, keys given twice, keys of credentials.

No message about YAML that cannot be read repeats a piece of it: that may be a secret. Keys that
look like credentials are refused, and their values never shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.nodes import MappingNode, ScalarNode

from pytest_jama.config.yaml_nodes import (
    TOO_DEEP,
    CycleError,
    TooMuchError,
    find_mappings,
    line_of,
    pairs_of,
)
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from yaml.nodes import Node

    from pytest_jama.config.kinds import TargetKind


def explain(error: yaml.YAMLError, *, label: str, text: str) -> Problem:
    """Say in plain words why YAML could not be parsed.

    Args:
        error: The parser's error.
        label: The file, as messages name it.
        text: The content of the file.
    """
    if isinstance(error, TooMuchError):
        return Problem(error.reason, error.remedy, f"{label}:{error.line}")
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _explain_character(error, label=label, text=text)
    reason, remedy = _find_reason(error, text)
    begins_at = error.context_mark if reason in _BLAMES_BEGINNING else None
    mark = begins_at or error.problem_mark
    # Some versions of the parser count the depth themselves, and sooner than we do.
    is_too_deep = (reason, remedy) == TOO_DEEP
    what = reason if is_too_deep else f"not valid YAML: {reason}"
    return Problem(what, remedy, f"{label}:{mark.line + 1}")


def _find_reason(error: yaml.MarkedYAMLError, text: str) -> tuple[str, str]:
    """Return what is wrong and what to do about it."""
    problem = error.problem or ""
    if "cannot start any token" in problem and error.problem_mark:
        mark = error.problem_mark
        line = "".join(text.splitlines()[mark.line : mark.line + 1])
        character = line[mark.column : mark.column + 1]
        if character in _REASON_BY_CHARACTER:
            return _REASON_BY_CHARACTER[character]
    for words, answer in _REASONS:
        if words in f"{error.context or ''}; {problem}":
            return answer
    return problem or "it cannot be read", "correct the YAML there or just above"


def _explain_character(error: yaml.YAMLError, *, label: str, text: str) -> Problem:
    position = getattr(error, "position", 0)
    character = getattr(error, "character", 0)
    code = character if isinstance(character, int) else ord(character)
    return Problem(
        f"not valid YAML: the character U+{code:04X} is not allowed",
        "remove it",
        f"{label}:{text.count(chr(10), 0, position) + 1}",
    )


_UNCLOSED_QUOTE = "a quotation mark is never closed"
_NO_COLON = "a line has no colon"
_BLAMES_BEGINNING = frozenset({_UNCLOSED_QUOTE, _NO_COLON})
_ALIAS = (
    "a text begins with `*`, which YAML takes for a reference",
    "put the text in quotes",
)

_REASON_BY_CHARACTER: Mapping[str, tuple[str, str]] = {
    "\t": ("a tab is used where spaces are expected", "indent with spaces"),
    **{
        sign: (f"a text begins with `{sign}`", "put the text in quotes")
        for sign in ("@", "%", "`", "*")
    },
}

_REASONS: tuple[tuple[str, tuple[str, str]], ...] = (
    ("scanning an alias", _ALIAS),
    ("undefined alias", _ALIAS),
    ("exceeded maximum nesting depth", TOO_DEEP),
    (
        "mapping values are not allowed",
        (
            "a colon is not allowed here",
            "if it is part of a text, put the text in quotes; otherwise check the line above, too",
        ),
    ),
    ("could not find expected ':'", (_NO_COLON, "write `key: value`")),
    ("quoted scalar; found unexpected end", (_UNCLOSED_QUOTE, "close it")),
    (
        "unknown escape",
        ("a backslash in double quotes begins an unknown escape", "use single quotes"),
    ),
    (
        "parsing a flow",
        (
            "a list [...] or mapping {...} is not closed",
            "close it; inside it, put texts with ${...}, brackets or colons in quotes",
        ),
    ),
    (
        "single document",
        ("a second document begins", "remove the line `---` and everything after it"),
    ),
    ("duplicate anchor", ("an anchor (&name) is defined twice", "give it another name")),
    (
        "parsing a block",
        (
            "the indentation does not fit the lines above",
            "indent all keys of one mapping by the same number of spaces",
        ),
    ),
    ("scanning a directive", ("a line begins with `%`", "put the text in quotes")),
)
"""Words of the parsers (libyaml's, PyYAML's own) -> what they mean; the first match counts."""


def find_key_problems(root: MappingNode, *, label: str) -> Iterator[Problem]:
    """Yield what is YAML but cannot be meant: a key given twice, keys that are not texts.

    Raises:
        SettingsError: When a part of the tree contains itself, or aliases make too much of it, so
            that nothing can be read.
    """
    try:
        mappings = find_mappings(root)
    except CycleError as exc:
        message = "a value contains an alias of itself"
        problem = Problem(message, "write it out", f"{label}:{line_of(exc.node)}")
        raise SettingsError(problem) from exc
    except TooMuchError as exc:
        problem = Problem(exc.reason, exc.remedy, f"{label}:{exc.line}")
        raise SettingsError(problem) from exc
    for mapping in mappings:
        yield from _find_bad_keys(mapping, label)


def _find_bad_keys(mapping: MappingNode, label: str) -> Iterator[Problem]:
    first: dict[str, Node] = {}
    for key, _ in mapping.value:
        if not isinstance(key, ScalarNode):
            yield Problem(
                "a key is a list or a mapping",
                "put it in quotes: keys are texts",
                f"{label}:{line_of(key)}",
            )
        elif first.setdefault(key.value, key) is not key:
            yield Problem(
                f"{quoted(key.value)} is given twice, first on line {line_of(first[key.value])}",
                "remove one of them",
                f"{label}:{line_of(key)}",
            )


_WORDS: tuple[tuple[re.Pattern[str], Callable[[TargetKind[Any]], str]], ...] = (
    (re.compile(r"passw|passphrase|^pass$|^pwd$"), lambda kind: kind.pairs[1].secret),
    (re.compile(r"secret"), lambda kind: kind.pairs[0].secret),
    (re.compile(r"clientid"), lambda kind: kind.pairs[0].name),
    (re.compile(r"username|^user$|^login$"), lambda kind: kind.pairs[1].name),
    (
        re.compile(r"token|apikey|accesskey|oauth|bearer"),
        lambda kind: f"{kind.pairs[0].name} and {kind.pairs[0].secret}",
    ),
    (
        re.compile(r"(?<!^no)credential|^auth$|authori[sz]ation|^basic$"),  # not `no_credentials`
        lambda kind: kind.sign_in_words,
    ),
)
"""What a key looks like, in lower case without `_`, `-` and spaces -> the variables to use."""


def find_variable(key: str, kind: TargetKind[Any]) -> str | None:
    """Return the variables to use instead of a key; None when it does not look like a secret."""
    squeezed = re.sub(r"[\s_-]", "", key.lower())
    return next((answer(kind) for look, answer in _WORDS if look.search(squeezed)), None)


def find_secret_keys(
    node: Node,
    *,
    kind: TargetKind[Any],
    free: frozenset[tuple[str, ...]],
    path: tuple[str, ...] = (),
) -> Iterator[tuple[tuple[str, ...], Node, str]]:
    """Yield the keys of a tree that look like credentials, the outermost ones.

    Args:
        node: Where to look.
        kind: The kind of server.
        free: Dotted paths below which keys belong to the user.
        path: The path of the node itself.

    Yields:
        The dotted path, the key's node, and the variables to use instead.
    """
    for name, (key, value) in pairs_of(node).items():
        here = (*path, name)
        variable = None if here in free else find_variable(name, kind)
        if variable:
            yield here, key, variable
        elif here not in free:
            yield from find_secret_keys(value, kind=kind, free=free, path=here)


def refuse(path: tuple[str, ...], key: Node, variable: str, *, label: str) -> Problem:
    """Say that a secret does not belong in the file."""
    several = " and " in variable
    return Problem(
        f"{'.'.join(path)} does not belong in a file that people share",
        f"remove it and set the environment variable{'s' if several else ''} {variable}; "
        "if the file was committed, change the secret, too",
        f"{label}:{line_of(key)}",
    )
