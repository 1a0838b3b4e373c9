"""The map `tests:`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.config.values import COMPLETE, load, problems_of
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

FORMS = (
    "write JEET1-TC-12, [JEET1-TC-12, 20497] or {case: JEET1-TC-12, step: 2}, or none for no case"
)
REFERENCES = "use an API ID (20497), a document key (JEET1-TC-12) or a global ID (GID-51234)"


def links_of(folder: Path, entry: str, test_id: str = "t.py::test_a") -> list[str]:
    tests = load(folder, f"{COMPLETE}tests:\n  {entry}\n", environ={"N": "7"}).settings.tests
    return [str(link) for link in tests.find(test_id)]


@every(
    "entry,links",
    [
        ("t.py: P-TC-1", ["P-TC-1"]),
        ("t.py: 20497", ["20497"]),
        ("t.py: '20497'", ["20497"]),
        ("t.py: GID-5", ["GID-5"]),
        ("t.py: [P-TC-1, 20497]", ["P-TC-1", "20497"]),
        ("t.py: P-TC-1, P-TC-2", ["P-TC-1", "P-TC-2"]),
        ("t.py: P-TC-1#2", ["P-TC-1#2"]),
        ("t.py: {case: P-TC-1}", ["P-TC-1"]),
        ("t.py: {case: P-TC-1, step: 2}", ["P-TC-1#2"]),
        ("t.py: [P-TC-1, {case: 5, step: 1}]", ["P-TC-1", "5#1"]),
        ("t.py: {case: [P-TC-1, P-TC-2], step: 2}", ["P-TC-1#2", "P-TC-2#2"]),
        ("t.py: [P-TC-1, P-TC-1]", ["P-TC-1"]),
        ("t.py: 'P-TC-${N}'", ["P-TC-7"]),
        ("t.py: {case: P-TC-1, step: '${N}'}", ["P-TC-1#7"]),
        ("'t*': P-TC-1", ["P-TC-1"]),
    ],
)
def test_an_entry_names_one_case_or_several(
    tmp_path: Path,
    entry: str,
    links: list[str],
) -> None:
    assert links_of(tmp_path, entry) == links


@every("key", ["12", "true", "null", "1.5", "2024-02-01", "${N}"])
def test_a_key_counts_by_its_text(tmp_path: Path, key: str) -> None:
    assert links_of(tmp_path, f"{key}: P-TC-1", test_id=key) == ["P-TC-1"]


@every(
    "value,message",
    [
        ("JEET1", f"has a mistake: 'JEET1' is not a case reference; {REFERENCES}"),
        ("[P-TC-1, x]", f"has a mistake: 'x' is not a case reference; {REFERENCES}"),
        ("'a: b'", f"has a mistake: 'a: b' is not a case reference; {REFERENCES}"),
        ("-5", f"has a mistake: '-5' is not a case reference; {REFERENCES}"),
        ("", f"names no test case; {FORMS}"),
        ("''", f"names no test case; {FORMS}"),
        ("[]", f"names no test case; {FORMS}"),
        ("[P-TC-1, ~]", f"names no test case; {FORMS}"),
        ("','", f"names no test case; {FORMS}"),
        ("[P-TC-1, none]", "has none beside a case; leave one of them out"),
        ("{case: none, step: 1}", "has a step of none; leave the step out"),
        ("[[P-TC-1]]", f"has a list inside a list; {FORMS}"),
        ("{step: 1}", f"names no test case; {FORMS}"),
        ("{case: }", f"names no test case; {FORMS}"),
        ("{case: P-TC-1, stp: 1}", "has the unknown key 'stp'; use case and step"),
        (
            "{case: P-TC-1, step: 0}",
            "has a mistake: '0' is not a step number; steps are counted 1, 2, 3, ...",
        ),
        (
            "P-TC-1#x",
            "has a mistake: 'x' is not a step number; steps are counted 1, 2, 3, ...",
        ),
        (
            "{case: P-TC-1, step: [1, 2]}",
            "has a step that is not a number; give one, counted from 1",
        ),
        ("{case: P-TC-1, step: }", "has a step that is not a number; give one, counted from 1"),
        (
            "P-${NO}",
            (
                "uses ${NO}, but NO is not set; "
                "set the environment variable NO, or give a default: ${NO:-...}"
            ),
        ),
    ],
)
def test_a_wrong_entry_is_said_with_its_key_and_line(
    tmp_path: Path,
    value: str,
    message: str,
) -> None:
    text = f"{COMPLETE}tests:\n  a.py: A-1\n  b.py: {value}\n"
    assert problems_of(tmp_path, text) == [f"jama.yaml:7: 'b.py' {message}"]


def test_a_mistake_inside_a_long_entry_has_its_own_line(tmp_path: Path) -> None:
    text = f"{COMPLETE}tests:\n  b.py:\n    - A-1\n    - case: A-2\n      step: x\n"
    assert problems_of(tmp_path, text)[0].startswith("jama.yaml:9: 'b.py' has a mistake: 'x'")


def test_two_spellings_of_the_same_tests_are_a_conflict(tmp_path: Path) -> None:
    text = f"{COMPLETE}tests:\n  tests/a.py: A-1\n  tests/b.py: A-1\n  tests.a: A-2\n"
    assert problems_of(tmp_path, text) == [
        (
            "jama.yaml:8: 'tests.a' names the same tests as 'tests/a.py' on line 6; "
            "merge the two entries: one key may name several cases, [A, B]"
        ),
    ]


def test_a_project_without_map_has_an_empty_one(tmp_path: Path) -> None:
    tests = load(tmp_path, COMPLETE).settings.tests
    assert (len(tests), tests.find("a.py::b")) == (0, ())
