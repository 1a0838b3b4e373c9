"""What keeps a file the moment a test attaches it; in a worker of pytest-xdist, too."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.attached_file import why_too_large
from pytest_jama.journal.file_store import FileStore, decoded, media_type_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_jama.core.redaction import Redactor


class FileKeeper(NamedTuple):
    """Keeps what tests attach.

    Attributes:
        store: Where.
        max_file: The most bytes of a file.
        max_run: The most bytes of all files of a test.
        rootdir: What paths are told relative to.
        find_redactor: Returns what hides secrets in texts before they are written.
    """

    store: FileStore
    max_file: int
    max_run: int
    rootdir: Path
    find_redactor: Callable[[], Redactor]

    def why_not(self, size: int, *, before: int) -> str:
        """Return why a file is too large; empty when it is not.

        Args:
            size: Its bytes.
            before: The bytes of the files that the test has attached already.
        """
        return why_too_large(size, before=before, max_file=self.max_file, max_run=self.max_run)

    def keep(self, name: str, content: bytes) -> str:
        """Keep content; return the value of its property.

        Raises:
            OSError: When it cannot be written.
        """
        text = decoded(content)
        hidden = None if text is None else self.find_redactor().hide(text)
        if hidden is not None and hidden.passages:
            content = hidden.text.encode("utf-8")
        sha256 = self.store.keep(content)
        kept: dict[str, Any] = {
            "name": name,
            "sha256": sha256,
            "size": len(content),
            "type": media_type_of(name, content),
            "path": _seen_from(self.rootdir, self.store.folder / sha256),
        }
        if hidden is not None and hidden.passages:
            kept["redacted"] = hidden.passages
        return json.dumps(kept)


def of_attempt(value: str, number: int) -> str:
    """Return the value of the property of a file of an attempt before the last, once it is one.

    Args:
        value: What `FileKeeper.keep` returned.
        number: The attempt, counted from 1.
    """
    kept: dict[str, Any] = json.loads(value)
    return json.dumps({**kept, "name": f"attempt-{number}-{kept['name']}", "attempt": number})


def _seen_from(folder: Path, path: Path) -> str:
    try:
        return os.path.relpath(path, folder).replace(os.sep, "/")
    except ValueError:  # Windows: another drive
        return str(path)
