"""The commands that CI systems read in what a job prints, as each of them wants them. Pure.

What a name or a server says stays text in them: it is made harmless as all that is printed, then
escaped.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Annotation(NamedTuple):
    """What people see on the page of a job.

    Attributes:
        title: What kind of thing it is.
        text: What happened.
        is_error: Whether the job ends badly, too; else it is a warning.
        remedy: What to do about it, in a line of its own; may be empty.
    """

    title: str
    text: str
    is_error: bool
    remedy: str = ""


class CommandForm(NamedTuple):
    """The commands of a CI system in what a job prints.

    Attributes:
        annotation: Shows one.
        value: Hands a value to later steps; None where that is done in a file.
        summary: Shows a file, or the sentence of a session, on the page of the job; None where that
            is done in a file.
    """

    annotation: Callable[[Annotation], str]
    value: Callable[[str, str], str] | None
    summary: Callable[[str, str], str] | None


def escaped(text: str, table: Mapping[str, str]) -> str:
    """Return a text in one line, without commands in it, its characters replaced by a table."""
    return "".join(table.get(each, each) for each in printable(text))


_GITHUB = {"%": "%25"}
_GITHUB_PROPERTY = {"%": "%25", ":": "%3A", ",": "%2C"}


def _github_annotation(said: Annotation) -> str:
    # Source: actions/toolkit `command.ts`, `escapeData` and `escapeProperty`
    level = "error" if said.is_error else "warning"
    title = escaped(said.title, _GITHUB_PROPERTY)
    lines = [escaped(each, _GITHUB) for each in (said.text, said.remedy) if each]
    return f"::{level} title={title}::{'%0A'.join(lines)}"


_AZURE = {"%": "%AZP25"}


def _azure_annotation(said: Annotation) -> str:
    # Source: "Logging commands" of Azure Pipelines, and azure-pipelines-agent `Command.cs`
    level = "error" if said.is_error else "warning"
    lines = (f"{said.title}: {said.text}", said.remedy)
    text = "%0A".join(escaped(each, _AZURE) for each in lines if each)
    return f"##vso[task.logissue type={level}]{text}"


def _azure_value(name: str, value: str) -> str:
    return f"##vso[task.setvariable variable={name};isoutput=true]{escaped(value, _AZURE)}"


def _azure_summary(path: str, _sentence: str) -> str:
    return f"##vso[task.uploadsummary]{escaped(path, _AZURE)}" if path else ""


_TEAMCITY = {"'": "|'", "|": "||", "[": "|[", "]": "|]"}


def _teamcity_text(text: str) -> str:
    # Source: "Service messages" of TeamCity, "Escaped values"
    plain = escaped(text, _TEAMCITY)
    return re.sub(r"[^\x20-\x7e]", lambda match: _utf16_units(match[0]), plain)


def _utf16_units(character: str) -> str:
    units = character.encode("utf-16-be").hex()
    return "".join(f"|0x{units[at : at + 4]}" for at in range(0, len(units), 4))


def _teamcity_annotation(said: Annotation) -> str:
    lines = (f"{said.title}: {said.text}", said.remedy)
    text = "|n".join(_teamcity_text(each) for each in lines if each)
    if not said.is_error:
        return f"##teamcity[message text='{text}' status='WARNING']"
    identity = f"pytest-jama-{zlib.crc32(text.encode()):08x}"
    return f"##teamcity[buildProblem description='{text}' identity='{identity}']"


def _teamcity_value(name: str, value: str) -> str:
    return f"##teamcity[setParameter name='{name}' value='{_teamcity_text(value)}']"


def _teamcity_summary(_path: str, sentence: str) -> str:
    return f"##teamcity[buildStatus text='{{build.status.text}}; {_teamcity_text(sentence)}']"


FORMS = {
    "github": CommandForm(_github_annotation, None, None),
    "azure": CommandForm(_azure_annotation, _azure_value, _azure_summary),
    "teamcity": CommandForm(_teamcity_annotation, _teamcity_value, _teamcity_summary),
}
"""By `CiSystem.commands`."""
