"""The text of jama.lock: read so that mistakes are named by line, written so that diffs are small.

One text, one step, one test a line; cases in the order of their numbers, tests sorted.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_jama.config.kinds import JAMA
from pytest_jama.config.limits import MOST_LOCK_BYTES, surprises_told, too_big
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.lock import FILE_NAME, Lock, LockedCase
from pytest_jama.core.text import printable, shorten
from pytest_jama.core.trust import OddFileError, UntrustedError, open_own, open_regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_jama.config.effective_values import LoadedSettings
    from pytest_jama.config.kinds import AnySettings
    from pytest_jama.config.models import SharedSettings

FORMAT_VERSION = 1

_AGAIN = "write it anew with `pytest-jama lock`, and review the difference"


class NewerLockError(SettingsError):
    """A newer version has written the lock: this one must not write over it."""


class UntrustedLockError(SettingsError):
    """The lock is not trusted, or not a regular file."""


def with_lock(
    loaded: LoadedSettings[AnySettings], *, start: Path, flag_prefix: str = JAMA.flags
) -> LoadedSettings[AnySettings]:
    """Return settings with the jama.lock that lies beside jama.yaml, or where that would be.

    Those of another kind of server have no lock.

    Args:
        loaded: The settings.
        start: Where jama.yaml was looked for first; messages name files relative to it.
        flag_prefix: What flags begin with in this front-end, for messages.

    Raises:
        SettingsError: When the lock cannot be read or understood.
    """
    if loaded.settings.kind is not JAMA:
        return loaded
    folder = lock_folder(loaded, start=start)
    named_by = "" if loaded.is_named else f"{flag_prefix}config"
    return replace(loaded, lock=read_lock(folder, start=start, named_by=named_by))


def lock_folder(loaded: LoadedSettings[SharedSettings], *, start: Path) -> Path:
    """Return the folder in which jama.lock is, or would be."""
    return loaded.file.parent if loaded.file else start


def config_digests(loaded: LoadedSettings[SharedSettings]) -> dict[str, str]:
    """Return the SHA-256 of settings file, map and lock, by name, as far as they were read.

    Args:
        loaded: The settings that came from them.
    """
    if loaded.file is None:
        return {}
    folder = loaded.file.parent
    lock = folder / FILE_NAME
    found: dict[str, str] = {}
    for path in (loaded.file, *loaded.map_files, *([lock] if loaded.lock is not None else [])):
        with suppress(OSError), os.fdopen(open_regular(path), "rb") as file:
            name = _shown(path, folder).replace(os.sep, "/")
            found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def read_lock(folder: Path, *, start: Path, named_by: str = "") -> Lock | None:
    """Read the jama.lock of a folder; None when there is none.

    Args:
        folder: Where jama.yaml is, or would be.
        start: Messages name the file relative to it.
        named_by: The flag that would name jama.yaml, when that was only found: then the lock must
            be trusted.

    Raises:
        UntrustedLockError: When it is not, or not a regular file.
        SettingsError: When it cannot be read or understood.
    """
    path = folder / FILE_NAME
    shown = _shown(path, start)
    try:
        opened = open_own(path, follows=True) if named_by else open_regular(path)
        with os.fdopen(opened, "rb") as file:
            content = file.read(MOST_LOCK_BYTES + 1)
        text = content.decode("utf-8-sig")
    except FileNotFoundError as exc:
        if not os.path.lexists(path):
            return None
        raise SettingsError(Problem("is a symbolic link to nothing", "remove it", shown)) from exc
    except OddFileError as exc:
        raise UntrustedLockError(Problem(exc.why, f"remove it; {_AGAIN}", shown)) from exc
    except UntrustedError as exc:
        beside = f", or name the jama.yaml beside it with {named_by}=FILE" if named_by else ""
        refused = Problem(exc.why, f"{exc.remedy}{beside}", shown)
        raise UntrustedLockError(refused) from exc
    except (OSError, UnicodeDecodeError) as exc:
        why = "is not a text in UTF-8" if isinstance(exc, ValueError) else exc.strerror
        raise SettingsError(Problem(f"cannot be read: {why}", _AGAIN, shown)) from exc
    if len(content) > MOST_LOCK_BYTES:
        raise SettingsError(Problem(too_big(MOST_LOCK_BYTES), _AGAIN, shown))
    was_collecting = gc.isenabled()
    gc.disable()  # which would look through the many values again and again
    try:
        with surprises_told(shown):
            return parse_lock(text, file=shown)
    finally:
        if was_collecting:
            gc.enable()


def _shown(path: Path, start: Path) -> str:
    try:
        relative = os.path.relpath(path, start)
    except ValueError:  # Windows: another drive
        return str(path)
    return min(relative, str(path), key=len)


def parse_lock(text: str, *, file: str) -> Lock:
    """Read the text of a lock.

    Args:
        text: The text.
        file: The file, as messages name it.

    Raises:
        SettingsError: When it is not the text of a lock, or of a newer version.
    """
    try:
        content = json.loads(text, object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as exc:
        raise _refuse_broken(text, exc, file) from exc
    except _RepeatedError as exc:
        lines = _lines_of(text, exc.key)  # of a key that each case has, it may be any
        line = lines[1] if len(lines) == _TWICE else 1
        raise _refused(
            f"{printable(shorten(exc.key, at_most=_LONGEST_KEY))} stands there twice", file, line
        ) from exc
    except (RecursionError, ValueError) as exc:  # also a number of more than 4300 digits
        raise _refused("is not a lock of pytest-jama", file, 1) from exc
    version = content.get(FILE_NAME) if isinstance(content, dict) else None
    if type(version) is not int:  # bool is one, too
        raise _refused("is not a lock of pytest-jama", file, 1)
    if version > FORMAT_VERSION:
        raise NewerLockError(
            Problem(
                f"is of format {version}, and this version of pytest-jama knows {FORMAT_VERSION}",
                "install the version that wrote it, or a newer one",
                f"{file}:{_last_line(text, FILE_NAME)}",
            )
        )
    cases = content.get("cases")
    if not isinstance(cases, dict):
        raise _refused("has no mapping `cases`", file, _last_line(text, "cases"))
    return Lock(dict(_read_cases(cases, text, file)))


def _read_cases(cases: dict[str, Any], text: str, file: str) -> Iterator[tuple[str, LockedCase]]:
    for name, plain in cases.items():
        try:
            CaseRef.parse(name)
            yield name, LockedCase.read(plain)
        except (ValueError, TypeError) as exc:  # noqa: PERF203 (Python 3.11 has it for nothing)
            raise _refused(f"{name}: {exc}", file, _last_line(text, name)) from exc


_LONGEST_KEY = 60
_TWICE = 2


class _RepeatedError(Exception):
    """A key stands twice in one mapping.

    Args:
        key: The key.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a mapping; refuse a careless merge of two locks, which JSON itself would not notice."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise _RepeatedError(next(key for key, count in counts.items() if count > 1))
    return mapping


_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})(?: |$)", re.MULTILINE)


def _refuse_broken(text: str, error: json.JSONDecodeError, file: str) -> SettingsError:
    conflict = _CONFLICT.search(text)
    if conflict is None:
        return _refused(f"is broken: {error.msg}", file, error.lineno)
    line = text.count("\n", 0, conflict.start()) + 1
    what = f"has an unresolved merge conflict: {conflict[0].strip()}"
    remedy = "take either side, then write it anew with `pytest-jama lock`"
    return SettingsError(Problem(what, remedy, f"{file}:{line}"))


def _refused(what: str, file: str, line: int) -> SettingsError:
    return SettingsError(Problem(what, _AGAIN, f"{file}:{line}"))


def _last_line(text: str, key: str) -> int:
    """Return the last line that begins with a key; 1 when there is none."""
    return max(_lines_of(text, key), default=1)


def _lines_of(text: str, key: str) -> list[int]:
    begins = f"{json.dumps(key, ensure_ascii=False)}:"
    numbered = enumerate(text.splitlines(), start=1)
    return [number for number, line in numbered if line.strip().startswith(begins)]


def render_lock(lock: Lock) -> str:
    """Return the text of a lock; the same for the same lock, always."""
    cases = ",\n".join(
        _rendered(name, lock.cases[name]) for name in sorted(lock.cases, key=_by_number)
    )
    inside = f"{{\n{cases}\n  }}" if cases else "{}"
    return (
        f'{{\n  "{FILE_NAME}": {FORMAT_VERSION},\n'
        '  "about": "What the test cases said when their tests were reviewed. Written by '
        '`pytest-jama lock`; commit it, and review its changes.",\n'
        f'  "cases": {inside}\n}}\n'
    )


def _rendered(name: str, case: LockedCase) -> str:
    plain = case.plain()
    heads = [key for key in ("id", "version", "name", "description") if key in plain]
    parts = [f'      "{key}": {_json(plain[key])}' for key in heads]
    parts += [f'      "{key}": {_rows(plain[key])}' for key in ("steps", "tests")]
    inside = ",\n".join(parts)
    return f"    {_json(name)}: {{\n{inside}\n    }}"


def _rows(rows: Iterable[Any]) -> str:
    lines = ",\n".join(f"        {_json(row)}" for row in rows)
    return f"[\n{lines}\n      ]" if lines else "[]"


_json = json.JSONEncoder(ensure_ascii=False).encode


def _by_number(name: str) -> tuple[list[tuple[int, str]], str]:
    """Sort key: P-TC-2 before P-TC-10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return [_as_number(part) if part[0] in "0123456789" else (-1, part) for part in parts], name


def _as_number(digits: str) -> tuple[int, str]:
    """Order numbers as `int` would, which refuses more than 4300 digits."""
    significant = digits.lstrip("0")
    return len(significant), significant
