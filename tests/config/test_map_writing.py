"""Entries that a command adds to the map of a settings file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.config import load_settings
from pytest_jama.config.map_writing import add_links
from pytest_jama.core.errors import SettingsError
from pytest_jama.core.test_ids import normal_form
from tests.config.values import write
from tests.every import every

NEW = {"t.py::test_new": "P-TC-9"}


def written(folder: Path, text: str, links: dict[str, str] = NEW) -> str:
    path = folder / "jama.yaml"
    path.write_bytes(text.encode())
    assert add_links(path, links) == path
    return path.read_bytes().decode()


@every(
    "before,after",
    [
        ("tests:\n  a: P-1\n", "tests:\n  a: P-1\n  t.py::test_new: P-TC-9\n"),
        ("tests:\n  a: P-1", "tests:\n  a: P-1\n  t.py::test_new: P-TC-9\n"),
        ("tests:\r\n  a: P-1\r\n", "tests:\r\n  a: P-1\r\n  t.py::test_new: P-TC-9\r\n"),
        ("\ufefftests:\n  a: P-1\n", "\ufefftests:\n  a: P-1\n  t.py::test_new: P-TC-9\n"),
        (
            "tests:\n    a:   P-1  # one\n    # of a\n\n# below\n",
            "tests:\n    a:   P-1  # one\n    # of a\n    t.py::test_new: P-TC-9\n\n# below\n",
        ),
        (
            "tests:\n  a:\n  - P-1\n  - {case: P-2, step: 1}\nurl: x\n",
            "tests:\n  a:\n  - P-1\n  - {case: P-2, step: 1}\n  t.py::test_new: P-TC-9\nurl: x\n",
        ),
        ("tests:\n  'a': \"P-1\"\n", "tests:\n  'a': \"P-1\"\n  't.py::test_new': \"P-TC-9\"\n"),
        ("tests:  # mine\n", "tests:  # mine\n  t.py::test_new: P-TC-9\n"),
        (
            "tests:\n  # t.py::test_a: P-1\nurl: x\n",
            "tests:\n  # t.py::test_a: P-1\n  t.py::test_new: P-TC-9\nurl: x\n",
        ),
        ("tests: {}  # mine\nurl: x\n", "tests:  # mine\n  t.py::test_new: P-TC-9\nurl: x\n"),
        ("tests: {a: P-1}\n", 'tests: {a: P-1, "t.py::test_new": P-TC-9}\n'),
        (
            "tests: {\n  a: P-1,\n  b: P-2, # two\n}\n",
            'tests: {\n  a: P-1,\n  "t.py::test_new": P-TC-9,\n  b: P-2, # two\n}\n',
        ),
        (
            '{\n  "tests": {\n    "a": "P-1"\n  }\n}\n',
            '{\n  "tests": {\n    "a": "P-1",\n    "t.py::test_new": "P-TC-9"\n  }\n}\n',
        ),
        ('{"url": "x"}', '{"url": "x", "tests": {"t.py::test_new": "P-TC-9"}}'),
        ('{"tests": {}}', '{"tests": {"t.py::test_new": "P-TC-9"}}'),
        ('{"tests": null}', '{"tests": {"t.py::test_new": "P-TC-9"}}'),
        ("url: x\n# end\n", "url: x\n# end\n\ntests:\n  t.py::test_new: P-TC-9\n"),
        ("---\nurl: x\n...\n", "---\nurl: x\n\ntests:\n  t.py::test_new: P-TC-9\n...\n"),
        (
            "u: &c P-1\ntests:\n  a: *c\n",
            "u: &c P-1\ntests:\n  a: *c\n  t.py::test_new: P-TC-9\n",
        ),
    ],
)
def test_new_entries_stand_below_the_others_and_all_else_stays_byte_for_byte(
    tmp_path: Path, before: str, after: str
) -> None:
    assert written(tmp_path, before) == after


@every(
    "text",
    [
        "tests: &t\n  a: P-1\nrun: *t\n",
        "base: &t {a: P-1}\ntests: *t\n",
        "base: &t {tests: {a: P-1}}\n<<: *t\n",
        "tests: P-1\n",
        "tests: [P-1]\n",
    ],
)
def test_a_file_that_cannot_be_kept_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError, match=r"cannot be added to .tests. without a change"):
        add_links(path, NEW)
    assert path.read_text() == text


@every(
    "key,reference,message",
    [
        ("a.py::test", "P-TC-2", r"jama\.yaml:2: 'a\.py::test' is in the map already; add P-TC-2"),
        ("a.test", "P-TC-2", r"jama\.yaml:2: 'a\.test' is in the map already"),
        ("b", "not a case", r"'b': 'not a case' is not a case reference"),
        ("\ud800", "P-TC-2", "cannot be added"),
    ],
)
def test_what_cannot_be_added_is_refused_with_its_place(
    tmp_path: Path, key: str, reference: str, message: str
) -> None:
    path = write(tmp_path, "tests:\n  a.py::test: P-TC-1\n")
    with pytest.raises(SettingsError, match=message):
        add_links(path, {"new": "P-TC-3", key: reference})
    assert path.read_text() == "tests:\n  a.py::test: P-TC-1\n"


def test_an_entry_that_is_there_already_is_not_added_again(tmp_path: Path) -> None:
    once = written(tmp_path, "tests:\n  a: P-1\n")
    assert written(tmp_path, once) == once


def test_mode_and_link_of_the_file_stay(tmp_path: Path) -> None:
    real = write(tmp_path, "tests:\n  a: P-1\n", name="real.yaml")
    real.chmod(0o640)
    link = tmp_path / "jama.yaml"
    link.symlink_to("real.yaml")
    add_links(link, NEW)
    assert link.is_symlink()
    assert "test_new" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {"jama.yaml", "real.yaml"}


KEYS = st.text(min_size=1, max_size=12).filter(
    lambda key: normal_form(key) and key.strip() == key and key not in {"<<", "file"}
)
REFERENCES = st.from_regex(r"\A[A-Z]{1,3}-TC-[1-9][0-9]?(#[1-9])?\Z")
QUOTES = st.sampled_from(["", "  # note", "  # it's: a [note]"])


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Return a file, and the keys of its map."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    form = draw(st.sampled_from(["  {}: {}", "    '{}': {}", '  "{}": "{}"', "  {}:   [{}]"]))
    keys = draw(st.lists(st.from_regex(r"\A[a-z]{1,6}\.py\Z"), unique=True, max_size=4))
    entries = [form.format(key, draw(REFERENCES)) + draw(QUOTES) for key in keys]
    above = draw(st.sampled_from([[], ["# above", "url: https://jama.test", ""]]))
    below = draw(st.sampled_from([[], ["  # of the last"], ["", "# below", "plan: Release"]]))
    has_map = bool(keys) or draw(st.booleans())
    head = ["tests:" + draw(QUOTES)] if has_map else ["cycle: Build"]
    text = end.join([*above, *head, *entries, *below])
    return text + draw(st.sampled_from(["", end])), keys


def loaded(path: Path) -> tuple[dict[str, object], dict[str, list[str]]]:
    found = load_settings(
        start=path.parent, file=path, flags={}, environ={}, needs_target=False
    ).settings
    entries = dict(found.tests.items())
    return found.for_journal(), {
        entry.key: list(map(str, entry.links)) for entry in entries.values()
    }


@given(file=files(), links=st.dictionaries(KEYS, REFERENCES, max_size=4))
def test_what_a_file_said_before_it_says_after_and_the_new_links(
    file: tuple[str, list[str]], links: dict[str, str]
) -> None:
    text, keys = file
    known = {normal_form(key) for key in keys}
    links = {
        key: links[key]
        for key in {
            normal_form(key): key for key in links if normal_form(key) not in known
        }.values()
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jama.yaml"
        path.write_bytes(text.encode())
        values, entries = loaded(path)
        add_links(path, links)
        assert loaded(path) == (
            values,
            {**entries, **{key: [reference] for key, reference in links.items()}},
        )
        kept = iter(path.read_bytes().decode().splitlines(keepends=True))
        assert all(line in kept for line in text.splitlines(keepends=True)[:-1])
