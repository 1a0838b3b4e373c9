"""What Jama is told of the files of tests: names, descriptions, lines of accounts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.redaction import describe_hidden
from pytest_jama.core.text import clean, counted, shorten, visible
from pytest_jama.targets.jama.actual_results import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_jama.core.attached_file import AttachedFile
    from pytest_jama.core.results import TestResult

_WORD_CHARACTERS = 12
_NAME_CHARACTERS = 100
_DESCRIPTION_CHARACTERS = 1_000


def attachment_name(file: AttachedFile) -> str:
    """Return the name of the attachment of a file: ``shot.png 9f86d081884c``.

    The beginning of the hash is a word of its own: a search of whole words finds it.
    """
    return named_with_hash(file.name, file.sha256)


def named_with_hash(name: str, sha256: str) -> str:
    """Return the name of the attachment of a file of that name and content."""
    return f"{_one_line(name)} {sha256[:_WORD_CHARACTERS]}"


def search_word(file: AttachedFile) -> str:
    """Return the word of the name of its attachment that no other content has."""
    return file.sha256[:_WORD_CHARACTERS]


def file_name(file: AttachedFile) -> str:
    """Return the name of a file as it stands at Jama."""
    return _one_line(file.name)


def _one_line(name: str) -> str:
    return shorten(" ".join(visible(clean(name)).split()), at_most=_NAME_CHARACTERS) or "file"


def describe_attachment(file: AttachedFile, result: TestResult, session: str) -> str:
    """Return the description of the attachment of a file, as HTML."""
    step = f", step {file.step}" if file.step is not None else ""
    text = (
        f"evidence of {result.test_id}{step}, attached by pytest-jama, session {session}: "
        f"{file.media_type}, {counted(file.size, 'byte')}, SHA-256 {file.sha256}"
    )
    return escaped(text, at_most=_DESCRIPTION_CHARACTERS)


def describe_bundle(file: AttachedFile, session: str) -> str:
    """Return the description of the attachment of a bundle, as HTML."""
    text = (
        f"journal, manifest and environment, attached by pytest-jama, session {session}: "
        f"{counted(file.size, 'byte')}, SHA-256 {file.sha256}"
    )
    return escaped(text, at_most=_DESCRIPTION_CHARACTERS)


def account_lines(results: Iterable[TestResult], fates: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of an account that name the files of tests, and what became of them."""
    results = list(results)
    for result in results:
        test = f" of {result.test_id}" if len(results) > 1 else ""
        for file in dict.fromkeys(result.files):
            step = f", step {file.step}" if file.step is not None else ""
            hidden = f", {describe_hidden(file.redacted)}" if file.redacted else ""
            about = f"{counted(file.size, 'byte')}, SHA-256 {file.sha256}{hidden}"
            yield f"file {file_name(file)}{test}{step}: {about}: {fates[file.sha256]}"
