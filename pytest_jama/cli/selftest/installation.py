"""The installed distribution: its files, compared with what the installer has recorded of them."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import JUNIT, TOOLBOX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_jama.cli.selftest.workshop import Workshop

DISTRIBUTION = "pytest-jama"
PACKAGES = ("pytest_jama", "junit_uploader")
NONE = "none"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Installation:
    """What is installed, and whether it is as it was installed.

    Attributes:
        version: The version of the distribution.
        folder: Where its packages are.
        is_editable: Whether it is a checkout, of whose files the installer has recorded nothing.
        files: How many files its packages have, compiled ones aside.
        sha256: Of a list of those files: `SHA-256  path` each, sorted by path, with line feeds.
        modified: Files with another content than was recorded.
        missing: Recorded files that are not there.
        added: Files in its packages that were not recorded.
    """

    version: str
    folder: Path
    is_editable: bool
    files: int
    sha256: str
    modified: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def examine(distribution: metadata.Distribution | None = None) -> Installation:
    """Read every file of the distribution, and compare it with the file RECORD of its metadata.

    Args:
        distribution: What to look at; None for ours.

    Source: packaging.python.org, "Recording installed projects", the RECORD file.
    """
    dist = distribution or metadata.distribution(DISTRIBUTION)
    is_editable = _is_editable(dist)
    folder = _folder_of_packages() if is_editable else Path(str(dist.locate_file("")))
    found = {path.relative_to(folder).as_posix(): path for path in _walk(folder)}
    hashes = {name: _digest(path) for name, path in sorted(found.items())}
    listing = "".join(f"{digest.hex()}  {name}\n" for name, digest in hashes.items())
    modified, missing, recorded = [], [], set()
    for name, digest in _read_record(dist):
        recorded.add(name)
        algorithm, _, value = digest.partition("=")
        if algorithm != "sha256":
            continue
        path = Path(str(dist.locate_file(name)))
        if not path.is_file():
            missing.append(name)
        elif value != _as_recorded(_digest(path)):
            modified.append(name)
    return Installation(
        version=dist.version,
        folder=folder,
        is_editable=is_editable,
        files=len(hashes),
        sha256=hashlib.sha256(listing.encode()).hexdigest(),
        modified=tuple(modified),
        missing=tuple(missing),
        added=() if is_editable else tuple(name for name in hashes if name not in recorded),
    )


def _is_editable(dist: metadata.Distribution) -> bool:
    """Return whether the installer has recorded none of the files of our packages."""
    return not any(name.partition("/")[0] in PACKAGES for name, _ in _read_record(dist))


def _read_record(dist: metadata.Distribution) -> Iterator[tuple[str, str]]:
    """Yield each file that the installer has recorded, and its digest, as it stands there.

    From Python 3.12 on, `Distribution.files` leaves out those that are missing.
    """
    for row in csv.reader((dist.read_text("RECORD") or "").splitlines()):
        if row:
            yield PurePosixPath(row[0]).as_posix(), "".join(row[1:2])


def _folder_of_packages() -> Path:
    """Return the folder that this package was imported from."""
    return Path(__file__).parents[3]


def _walk(folder: Path) -> Iterator[Path]:
    for package in PACKAGES:
        for path in (folder / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _as_recorded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def list_packages() -> Mapping[str, str]:
    """Return the versions of what the distribution needs, and of the plugins of pytest."""
    needed = [_NAME.match(each) for each in metadata.requires(DISTRIBUTION) or ()]
    plugins = [point.dist for point in metadata.entry_points(group="pytest11")]
    names = {match[0] for match in needed if match}
    names |= {dist.name for dist in plugins if dist} - {DISTRIBUTION}
    return {name: _version_of(name) for name in sorted(names, key=str.lower)}


def _version_of(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _why_no_record() -> str:
    if _is_editable(metadata.distribution(DISTRIBUTION)):
        return "an editable installation: the installer has recorded none of its files"
    return ""


def _play_record(workshop: Workshop) -> None:
    found = examine()
    workshop.see(
        modified=", ".join(found.modified) or NONE,
        missing=", ".join(found.missing) or NONE,
        added=", ".join(found.added) or NONE,
        files_were_compared=found.files > 0,
    )


_WHERE = "import pytest_jama, junit_uploader as j; print(pytest_jama.__file__, j.__file__, sep='|')"


def _play_processes(workshop: Workshop) -> None:
    version = metadata.version(DISTRIBUTION)
    where = workshop.run("-c", _WHERE).output.strip()
    own = [find_spec(package) for package in PACKAGES]
    expected = "|".join(str(spec.origin) for spec in own if spec)
    points = metadata.distribution(DISTRIBUTION).entry_points
    workshop.see(
        processes_use_the_files_of_this_one=where == expected,
        entry_points=" ".join(sorted(f"{each.name}={each.value}" for each in points)),
        pytest_jama_names_its_version=version in workshop.run(*TOOLBOX, "--version").output,
        junit_uploader_names_its_version=version in workshop.run(*JUNIT, "--version").output,
    )


SCENES = (
    Scene(
        "record",
        "SHA-256 of each installed file, compared with the file RECORD of the installer.",
        _play_record,
        (
            Check(
                "I-01",
                "The installed files are those of the distribution: none is modified, missing or "
                "added.",
                {"modified": NONE, "missing": NONE, "added": NONE, "files were compared": True},
                ("M-15",),
            ),
        ),
        why_not=_why_no_record,
    ),
    Scene(
        "processes",
        "New processes in an empty folder import both packages and tell their version.",
        _play_processes,
        (
            Check(
                "I-02",
                "What processes use are the files of this installation.",
                {"processes use the files of this one": True},
                ("M-15",),
            ),
            Check(
                "I-03",
                "The commands and the plugin are those of the distribution, and tell its version.",
                {
                    "entry points": "jama=pytest_jama.plugin "
                    "junit-uploader=junit_uploader.cli:main pytest-jama=pytest_jama.cli:main",
                    "pytest jama names its version": True,
                    "junit uploader names its version": True,
                },
                ("M-15",),
            ),
        ),
    ),
)
