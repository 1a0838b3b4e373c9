"""The text of jama.lock: what is refused, with its line, and how it is laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.config.lock_file import NewerLockError, parse_lock, read_lock, render_lock
from pytest_jama.core.errors import SettingsError
from pytest_jama.core.lock import CaseText, Lock, LockedCase, StepText
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

LOCK = Lock(
    {
        f"P-TC-{number}": LockedCase.of(
            CaseText("Größe ≥ 5", "", (StepText('Say "a"', "b\\c"),)), tests=["t.py::a", "t.py::b"]
        )
        for number in (1, 2, 10)
    }
)
TEXT = render_lock(LOCK)
ANEW = "write it anew with `pytest-jama lock`, and review the difference"


def test_what_is_written_is_read() -> None:
    assert parse_lock(TEXT, file="jama.lock") == LOCK
    assert render_lock(parse_lock(TEXT, file="jama.lock")) == TEXT
    assert parse_lock(render_lock(Lock({})), file="jama.lock") == Lock({})


def test_cases_come_in_the_order_of_their_numbers() -> None:
    assert [text for text in TEXT.split('"') if text.startswith("P-TC")] == list(LOCK.cases)


def test_numbers_of_any_length_have_their_order() -> None:
    case = LOCK.cases["P-TC-1"]
    names = ["P-TC-9", "P-TC-10", "P-TC-1" + "0" * 5000, "P-TC-" + "9" * 5001]
    text = render_lock(Lock(dict.fromkeys(reversed(names), case)))
    assert [each for each in text.split('"') if each.startswith("P-TC")] == names


@every(
    "text, said",
    [
        ("", "1: is broken: Expecting value"),
        (TEXT[:-9], f"{TEXT[:-9].count(chr(10)) + 1}: is broken"),
        ("[]", "1: is not a lock of pytest-jama"),
        ('{"version": 1, "package": []}', "1: is not a lock of pytest-jama"),
        ('{"jama.lock": 1}', "1: has no mapping `cases`"),
        ("[" * 100_000, "1: is not a lock of pytest-jama"),
        ("9" * 5000, "1: is not a lock of pytest-jama"),
        ('{"jama.lock": true, "cases": {}}', "1: is not a lock of pytest-jama"),
        ('{\n"jama.lock": 1,\n"cases": {},' + TEXT[1:], "4: jama.lock stands there twice"),
        (TEXT.replace('"tests"', '"steps"', 1), "1: steps stands there twice"),
        (TEXT.replace('"P-TC-2"', '"P-TC-1"'), "17: P-TC-1 stands there twice"),
        (
            TEXT.replace('"P-TC-2"', '"nonsense"'),
            "17: nonsense: 'nonsense' is not a case reference",
        ),
        (TEXT.replace('        "t.py::a",\n', "        3,\n", 1), "5: P-TC-1: tests has [3, "),
        (TEXT.replace('"version": null', '"version": "x"'), "5: P-TC-1: version is 'x'"),
        (TEXT.replace('"version": null', '"id": true, "version": 1'), "5: P-TC-1: id is True"),
        (TEXT.replace('"version": null', '"id": -7, "version": 1'), "5: P-TC-1: id is -7"),
        (TEXT.replace('"steps": [', '"steps": ["x", ', 1), "5: P-TC-1: steps has 'x'"),
        (TEXT.replace('"tests"', '"test"'), "5: P-TC-1: tests is missing"),
    ],
)
def test_a_broken_lock_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_lock(text, file="sub/jama.lock")

    message = str(caught.value)
    assert message.startswith(f"sub/jama.lock:{said}")
    assert message.endswith(ANEW)


def test_an_unresolved_merge_is_recognised() -> None:
    conflict = TEXT.replace(
        '        "t.py::b"', '<<<<<<< ours\n        "t.py::b"\n=======\n>>>>>>> theirs', 1
    )

    with pytest.raises(SettingsError) as caught:
        parse_lock(conflict, file="jama.lock")

    assert str(caught.value).startswith("jama.lock:14: has an unresolved merge conflict: <<<<<<<")


def test_a_lock_of_a_newer_version_is_refused() -> None:
    with pytest.raises(NewerLockError, match=r"jama\.lock:2: is of format 2, and this version"):
        parse_lock(TEXT.replace('"jama.lock": 1', '"jama.lock": 2'), file="jama.lock")


def test_the_file_is_found_beside_the_settings(tmp_path: Path) -> None:
    assert read_lock(tmp_path, start=tmp_path) is None
    path = tmp_path / "jama.lock"
    path.write_text(TEXT.replace("\n", "\r\n"), encoding="utf-8-sig", newline="")
    assert read_lock(tmp_path, start=tmp_path) == LOCK
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"jama\.lock: cannot be read: is not a text in UTF-8"):
        read_lock(tmp_path, start=tmp_path)
