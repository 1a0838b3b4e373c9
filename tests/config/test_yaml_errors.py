"""Files that are not YAML, or not the YAML that settings are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from pytest_jama.config.yaml_errors import explain
from pytest_jama.config.yaml_nodes import LOADER, PurePythonLoader, compose
from tests.config.values import COMPLETE, load, problems_of
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

LOADERS = [
    pytest.param(LOADER, id="usual-loader"),
    pytest.param(PurePythonLoader, id="without-libyaml"),
]


@every("loader", LOADERS)
@every(
    "text,line,reason",
    [
        pytest.param("url: x\n  plan: y\n", 2, "a colon is not allowed here", id="colon"),
        pytest.param("plan: a: b\n", 1, "a colon is not allowed here", id="colon-in-text"),
        pytest.param("url: x\nplan y\ncycle: z\n", 2, "a line has no colon", id="no-colon"),
        pytest.param("tests:\n\ta: b\n", 2, "a tab is used where spaces are expected", id="tab"),
        pytest.param("plan: @x\n", 1, "a text begins with `@`", id="at-sign"),
        pytest.param("plan: %x\n", 1, "a text begins with `%`", id="percent"),
        pytest.param("plan: `x`\n", 1, "a text begins with ```", id="backtick"),
        pytest.param("*::test_a: x\n", 1, "a text begins with `*`", id="star"),
        pytest.param("plan: *x\n", 1, "a text begins with `*`", id="alias"),
        pytest.param("url: x\nplan: 'y\n\nz: 1", 2, "a quotation mark is never", id="quote"),
        pytest.param('plan: "\\q"\n', 1, "a backslash in double quotes", id="escape"),
        pytest.param("plan: {name: ${X}}\n", 1, "a list [...] or mapping {...}", id="braces"),
        pytest.param("url: x\ntests:\n  a: b\n c: d\n", 4, "the indentation", id="indentation"),
        pytest.param("url: x\n---\nplan: y\n", 2, "a second document", id="documents"),
        pytest.param("a: &x 1\nb: &x 2\n", 2, "an anchor (&name) is defined twice", id="anchor"),
        pytest.param("%x: y\n", 1, "a line begins with `%`", id="directive"),
        pytest.param("url: x\nplan: \x01\n", 2, "the character U+0001", id="control-character"),
    ],
)
def test_a_syntax_error_has_its_line_and_a_plain_reason(
    loader: type,
    text: str,
    line: int,
    reason: str,
) -> None:
    with pytest.raises(yaml.YAMLError) as caught:
        compose(text, loader=loader)
    problem = explain(caught.value, label="jama.yaml", text=text)
    assert problem.origin == f"jama.yaml:{line}"
    assert problem.message.startswith(f"not valid YAML: {reason}")


def test_an_unforeseen_error_is_in_the_words_of_the_parser() -> None:
    mark = yaml.Mark("file", 0, 2, 0, "", 0)
    error = yaml.MarkedYAMLError(problem="found something odd", problem_mark=mark)
    assert str(explain(error, label="f", text="a\n")) == (
        "f:3: not valid YAML: found something odd; correct the YAML there or just above"
    )


def test_a_syntax_error_does_not_repeat_what_stands_there(tmp_path: Path) -> None:
    (message,) = problems_of(tmp_path, "password: *hunter2\n")
    assert "hunter2" not in message


@every(
    "text,message",
    [
        pytest.param("", "jama.yaml:1: contains no settings", id="empty"),
        pytest.param("# nothing yet\n", "jama.yaml:1: contains no settings", id="comments"),
        pytest.param("~\n", "jama.yaml:1: contains no settings", id="null"),
        pytest.param("- a\n", "jama.yaml:1: contains a list instead of settings", id="list"),
        pytest.param("\nurl\n", "jama.yaml:2: contains a text instead of settings", id="text"),
    ],
)
def test_a_file_without_settings_says_what_to_write(
    tmp_path: Path,
    text: str,
    message: str,
) -> None:
    (problem,) = problems_of(tmp_path, text)
    assert problem.startswith(message)
    assert "write `key: value` lines" in problem


def test_a_file_in_another_encoding_is_refused_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "jama.yaml").write_bytes("url: x\nplan: Prüfung\n".encode("latin-1"))
    assert problems_of(tmp_path) == [
        "jama.yaml:2: is not UTF-8; save the file in the encoding UTF-8",
    ]


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "jama.yaml").write_bytes(COMPLETE.encode("utf-8-sig"))
    assert load(tmp_path).settings.url == "https://jama.test"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "jama.yaml").mkdir()
    assert problems_of(tmp_path)[0].startswith("jama.yaml: is a folder; remove it")


@every(
    "text,messages",
    [
        pytest.param(
            f"{COMPLETE}url: b\n",
            ["jama.yaml:5: 'url' is given twice, first on line 1; remove one of them"],
            id="top-level",
        ),
        pytest.param(
            f"{COMPLETE}upload: {{rate: auto, rate: auto}}\n",
            ["jama.yaml:5: 'rate' is given twice, first on line 5; remove one of them"],
            id="section",
        ),
        pytest.param(
            f"{COMPLETE}tests:\n  a: A-1\n  b: A-2\n  'a': A-3\n",
            ["jama.yaml:8: 'a' is given twice, first on line 6; remove one of them"],
            id="tests",
        ),
        pytest.param(
            f"{COMPLETE}? [a]\n: b\n",
            ["jama.yaml:5: a key is a list or a mapping; put it in quotes: keys are texts"],
            id="key-is-list",
        ),
        pytest.param(
            f"{COMPLETE}run: &r\n  fields: *r\n",
            ["jama.yaml:5: a value contains an alias of itself; write it out"],
            id="cycle",
        ),
    ],
)
def test_keys_that_cannot_be_meant_are_mistakes(
    tmp_path: Path,
    text: str,
    messages: list[str],
) -> None:
    assert problems_of(tmp_path, text) == messages


def test_anchors_and_merge_keys_work(tmp_path: Path) -> None:
    text = f"{COMPLETE}upload: &u {{rate: 3, concurrency: 2}}\n"
    text += "run:\n  fields: {a$1: &text hello, b$1: *text}\n"
    text += (
        "verdicts:\n  <<: [{passed: BLOCKED, error: BLOCKED}, {error: leave}]\n  passed: PASSED\n"
    )
    settings = load(tmp_path, text).settings
    assert settings.run.fields == {"a$1": "hello", "b$1": "hello"}
    assert (settings.verdicts.passed, settings.verdicts.error) == ("PASSED", "BLOCKED")


def test_a_merge_into_tests_works(tmp_path: Path) -> None:
    text = f"{COMPLETE}tests:\n  a.py: &a A-1\n  b.py: [*a, A-2]\n  <<: {{c.py: A-3}}\n"
    tests = load(tmp_path, text).settings.tests
    assert [str(link) for link in tests.find("b.py::x")] == ["A-1", "A-2"]
    assert [str(link) for link in tests.find("c.py::x")] == ["A-3"]


def test_a_tag_of_another_tool_is_a_mistake(tmp_path: Path) -> None:
    assert problems_of(tmp_path, COMPLETE.replace("Release 1", "!env RELEASE")) == [
        "jama.yaml:3: plan has the tag !env; use ${NAME} for variables",
    ]
