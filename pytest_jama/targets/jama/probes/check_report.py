"""The report of a check: what was seen of a server, without names and keys, fit to be sent to us.

Only the facts of observations get into it, never their sentences. In what the server says, names
that are known are hidden, and what looks like one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_jama import __version__
from pytest_jama.core.text import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.observation import Observation

REPORT_VERSION = 1
"""Raised when a key of the report changes its meaning or goes."""

_HIDDEN = "<name>"
_LONGEST = 400
_SHORTEST = 2

_DOMAINS = (
    "com|net|org|io|eu|de|fr|it|ch|at|uk|us|jp|cn|co|gov|edu|dev|app|cloud|local|lan|corp|internal"
)
_BEFORE_NAMES: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>;,]*[^\s'\"<>;,:.]", re.IGNORECASE), "<url>"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<mail>"),
    (re.compile(r"\bGID-[\w-]+", re.IGNORECASE), "<global id>"),
    (re.compile(r"\b\w[\w-]*-[A-Za-z]\w*-\d+\b"), "<key>"),
    (re.compile(r"\w+\$\d+"), "<field>"),
)
_BEHIND_NAMES: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(rf"\b(?:[\w-]+\.)+(?:{_DOMAINS})(?::\d+)?\b", re.IGNORECASE), "<host>"),
    (re.compile(r"\b(?:[\w-]+\.){2,}[a-z]{2,}(?::\d+)?\b", re.IGNORECASE), "<host>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<host>"),
    (re.compile(r"(?<=/)\d+(?=[/\s;:?]|$)"), "<id>"),
)

_NUMBER = re.compile(r"(?<![\w.,])\d{3,}(?![\w])")
_SIZE_BEFORE = re.compile(
    r"(?:most|max|maximum|limit|than|length|size|up to|of|is|have|exceeds?|allows?|holds?)"
    r"\W{0,3}(?:\w+\W{1,3})?$",
    re.IGNORECASE,
)
_SIZE_BEHIND = re.compile(
    r"^\W{0,2}(?:char|byte|letter|kb|mb|ms|s\b|second|requests)", re.IGNORECASE
)
_STATUS = re.compile(r"[1-5]\d\d(?: [A-Z]| redirects|$)")


class Mask:
    """Hides names in what a server says.

    Args:
        names: Those that are known: names, keys, users, IDs, hosts.
    """

    def __init__(self, names: Iterable[str]) -> None:
        known = sorted({name for name in names if len(name) >= _SHORTEST}, key=len, reverse=True)
        words = [name for name in known if not name.isdigit()]
        self._ids = frozenset(name for name in known if name.isdigit())
        joined = "|".join(re.escape(each) for each in words)
        self._names = re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE) if words else None

    def hide(self, text: str) -> str:
        """Return a text without names, in one line that is not long."""
        text = " ".join(clean(text).split())
        for pattern, mark in _BEFORE_NAMES:
            text = pattern.sub(mark, text)
        if self._names:
            text = self._names.sub(_HIDDEN, text)
        for pattern, mark in _BEHIND_NAMES:
            text = pattern.sub(mark, text)
        return shorten(_NUMBER.sub(self._number, text), at_most=_LONGEST)

    def _number(self, match: re.Match[str]) -> str:
        """Hide a number, unless it is a status or a size: those are what a report is for."""
        before, behind = match.string[: match.start()], match.string[match.end() :]
        if _STATUS.match(match.string, match.start()):
            return match[0]
        if match[0] in self._ids:
            return "<id>"
        is_size = _SIZE_BEHIND.match(behind) or _SIZE_BEFORE.search(before[-40:])
        return match[0] if is_size else "<id>"

    def value(self, value: Any) -> Any:
        """Return a value of JSON without names in its texts; keys are ours."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, dict):
            return {key: self.value(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(each) for each in value]
        return value


_MOST_TEXT = 1000
_MOST_VALUES = 50


def bounded(value: Any) -> Any:
    """Return a value of JSON of which no text and no list is longer than anyone reads."""
    if isinstance(value, str):
        return shorten(value, at_most=_MOST_TEXT)
    if isinstance(value, dict):
        return {name: bounded(each) for name, each in list(value.items())[:_MOST_VALUES]}
    if isinstance(value, (list, tuple)):
        return [bounded(each) for each in value[:_MOST_VALUES]]
    return value


def observation_json(observation: Observation) -> dict[str, Any]:
    """Return an observation as JSON has it, with names and keys."""
    return {
        "name": observation.name,
        "mark": observation.mark.value,
        "text": bounded(observation.text),
        "facts": bounded(dict(observation.facts)),
    }


def anonymous_report(
    observations: Sequence[Observation], *, names: Iterable[str]
) -> dict[str, Any]:
    """Return what was seen, fit for JSON.

    Args:
        observations: All of them.
        names: What is hidden wherever it stands.
    """
    mask = Mask(names)
    return {
        "report": REPORT_VERSION,
        "tool": f"pytest-jama {__version__}",
        "observations": [
            {
                "name": each.name,
                "mark": each.mark.value,
                "facts": mask.value(bounded(dict(each.facts))),
            }
            for each in observations
        ],
        "settings": _nameless(merge_settings(observations)),
    }


def report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a report for people; they have what its JSON has."""
    yield f"Jama as {report['tool']} sees it, without names and keys (report {report['report']})"
    for each in report["observations"]:
        yield f"{each['mark']:<8} {each['name']}"
        yield from (f"         {name}: {_shown(value)}" for name, value in each["facts"].items())
    settings = list(settings_lines(report["settings"]))
    yield from ("settings", *(f"         {line}" for line in settings)) if settings else ()


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {_shown(each)}" for name, each in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not known" if value is None else str(value) or "none"


def merge_settings(observations: Iterable[Observation]) -> dict[str, Any]:
    """Return the settings that fit the server, as jama.yaml has them."""
    merged: dict[str, Any] = {}
    for observation in observations:
        _merge(merged, observation.settings)
    return merged


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            _merge(into.setdefault(name, {}), value)
        else:
            into[name] = value


def settings_lines(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield settings as lines of YAML; a text in quotes is YAML, too."""
    for name, value in settings.items():
        yield f"{name}: {_flow(value)}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_word(name)}: {_flow(each)}" for name, each in value.items()) + "}"
        )
    if isinstance(value, bool):
        return str(value).lower()
    return _word(value) if isinstance(value, str) else str(value)


_PLAIN = re.compile(r"[A-Za-z_][\w]*")
_NOT_TEXTS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def _word(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXTS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _nameless(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings without what users call their fields and servers."""
    nameless: dict[str, Any] = {}
    for name, value in settings.items():
        if name == "url":
            nameless[name] = "<url>/contour"
        elif isinstance(value, dict) and isinstance(value.get("fields"), dict):
            count = len(value["fields"])
            fields = {f"<field {number}>": "..." for number in range(1, count + 1)}
            nameless[name] = {**value, "fields": fields}
        else:
            nameless[name] = value
    return nameless
