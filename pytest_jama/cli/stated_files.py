"""What manifests and journals name: files are looked for, and compared with what is stated."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli.manifesting import digest_of
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import counted
from pytest_jama.journal.file_store import FileStore
from pytest_jama.journal.folder import shown
from pytest_jama.report.evidence.journal_sources import read_content, source_of
from pytest_jama.report.evidence.statement import encode_statement, statement_of
from pytest_jama.report.evidence.statement_check import find_contradictions, find_differences

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pytest_jama.core.shown_results import ShownResults
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.report.evidence.statement import NamedDigest
    from pytest_jama.report.evidence.statement_check import Manifest, StatedJournal

_BEGINNING = 1 << 16


class Alteration(NamedTuple):
    """Something that is not as a manifest, or a journal of a file, states.

    Attributes:
        where: The manifest, the file that it names, or the journal with the files of tests.
        what: Which part of it.
        stated: What manifest or journal state.
        found: What is there.
    """

    where: str
    what: str
    stated: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.stated} is stated, {self.found} is there"


@dataclass
class StatedFiles:
    """What became of the files that one manifest names.

    Attributes:
        alterations: What is not as it states.
        missing: The names of journals and files that were not found.
        notes: What else a person should know.
        journals: Where its journals are, as far as they were found.
        has_all_journals: Whether all of them were.
    """

    alterations: list[Alteration] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    journals: list[Path] = field(default_factory=list)
    has_all_journals: bool = True


def is_manifest(path: Path, content: bytes) -> bool:
    """Return whether a file is to be read as a manifest, by its content, else by its ending."""
    beginning = content[:_BEGINNING].removeprefix(b"\xef\xbb\xbf").lstrip()
    line = beginning.partition(b"\n")[0].strip()
    try:
        first = json.loads(line)
    except (ValueError, RecursionError):
        if line == b"{":  # no line of a journal is only that
            return True
        is_journal = path.suffix in (".jsonl", ".incomplete") or beginning[:8] == b'{"line":'
        return not is_journal and (path.suffix == ".json" or beginning[:1] == b"{")
    return isinstance(first, dict) and "line" not in first


def compare_stated(
    path: Path,
    manifest: Manifest,
    *,
    named: Sequence[Path],
    folder: Path | None,
    shown_results: ShownResults,
) -> StatedFiles:
    """Find what a manifest names, and compare it with what it states.

    Args:
        path: The manifest.
        manifest: What it says.
        named: The journals that the user named with it.
        folder: Where this repository keeps its journals; None when it has no such folder.
        shown_results: Hides secrets.

    Raises:
        SettingsError: When a journal cannot be used.
    """
    found = StatedFiles()
    sources = [
        source
        for stated in manifest.journals
        if (source := _find_journal(path, stated, named, folder, found)) is not None
    ]
    found.has_all_journals = len(sources) == len(manifest.journals)
    differences = find_contradictions(manifest)
    if found.has_all_journals:
        anew = statement_of(sources, files=manifest.files, shown_results=shown_results)
        anew = json.loads(encode_statement(anew))
        differences = find_differences(manifest.statement, anew)
    found.alterations += [Alteration(shown(path), *each) for each in differences]
    for file in manifest.files:
        _check_file(path, file, found)
    return found


def require_compared(
    manifests: Mapping[Path, Manifest], *, missing: Sequence[str], sources: Collection[Path]
) -> None:
    """Refuse to call something verified when nothing that it names was found.

    Args:
        manifests: What was to be compared.
        missing: What they name and was not found.
        sources: The journals that were read.

    Raises:
        SettingsError: When nothing was compared.
    """
    named = sum(len(each.journals) + len(each.files) for each in manifests.values())
    if not sources and len(missing) == named:
        what = "nothing to compare with: no journal and no file that it names was found"
        remedy = "name its journals, too, or leave out --offline"
        raise SettingsError(Problem(what, remedy, ", ".join(map(shown, manifests))))


def compare_kept(source: JournalSource) -> StatedFiles:
    """Compare the files beside a journal with the hashes that it names.

    Args:
        source: The journal.

    Returns:
        What was altered, and of how many there is nothing to compare.
    """
    found, path = StatedFiles(), source.recording.path
    store = FileStore.of_journal(path)
    names = {
        str(each["sha256"]): each["name"] for upload in source.uploads for each in upload.files
    }
    for result in source.recording.results.values():
        names.update((each.sha256, each.name) for each in result.files)
    missing = 0
    for sha256, name in names.items():
        now = store.digest(sha256)
        missing += not now
        if now not in ("", sha256):
            what = f"SHA-256 of file {name} beside it"
            found.alterations.append(Alteration(shown(path), what, sha256, now))
    if missing:
        files = counted(missing, "file")
        found.notes.append(
            f"{files} of {shown(path)} cannot be compared: not kept beside it any more"
        )
    return found


def _find_journal(
    path: Path,
    stated: StatedJournal,
    named: Sequence[Path],
    folder: Path | None,
    found: StatedFiles,
) -> JournalSource | None:
    """Return a journal as it was when the manifest was made, or as it is if it was altered."""
    of_its_name: tuple[Path, bytes] | None = None
    for candidate in _candidates(path, stated.name, named, folder):
        content = read_content(candidate)
        if (then := _as_stated(content, stated)) is not None:
            if len(then) < len(content):
                more = counted(content.count(b"\n", len(then)), "line")
                found.notes.append(f"{shown(candidate)} has {more} more than the manifest knows")
            found.journals.append(candidate)
            return source_of(then, candidate.with_name(stated.name))
        if candidate.name == stated.name and of_its_name is None:
            of_its_name = candidate, content
    if of_its_name is None:
        found.missing.append(f"journal {stated.name}")
        return None
    candidate, content = of_its_name
    now = hashlib.sha256(content).hexdigest()
    found.alterations.append(Alteration(shown(candidate), "SHA-256", stated.sha256, now))
    found.journals.append(candidate)
    return source_of(content, candidate)


def _as_stated(content: bytes, stated: StatedJournal) -> bytes | None:
    """Return what of a journal has the stated hash: its beginning, when an upload added lines."""
    then = content[: stated.size]
    return then if hashlib.sha256(then).hexdigest() == stated.sha256 else None


def _candidates(
    path: Path, name: str, named: Sequence[Path], folder: Path | None
) -> Iterator[Path]:
    """Yield where a journal may be, each place once."""
    name = PurePosixPath(name).name
    beside = [each / name for each in (path.parent, folder) if each is not None and name]
    yield from dict.fromkeys(
        each.resolve() for each in (*named, *beside) if each in named or each.is_file()
    )


def _check_file(path: Path, file: NamedDigest, found: StatedFiles) -> None:
    """Compare a file beside the manifest, or below the working folder, with its stated hash."""
    name = PurePosixPath(file.name)
    is_below = not name.is_absolute() and ".." not in name.parts and ":" not in file.name
    places = dict.fromkeys((path.parent / name, Path.cwd() / name)) if is_below else {}
    other: Alteration | None = None
    for place in places:
        try:
            now = digest_of(place)
        except OSError:
            continue
        if now == file.sha256:
            return
        other = other or Alteration(shown(place), "SHA-256", file.sha256, now)
    if other is None:
        found.missing.append(f"file {file.name}")
    else:
        found.alterations.append(other)
