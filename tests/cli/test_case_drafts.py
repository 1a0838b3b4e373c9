"""What a new test case says, from what its tests say of themselves."""

from __future__ import annotations

import textwrap

from pytest_jama.cli.cases.case_drafts import draft_cases, read_docstring
from pytest_jama.cli.collecting import CollectedSession, SourceStep, TestSource
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.results import Outcome, TestResult
from tests.every import every

TWO = (SourceStep(1, "open it", "it opens"), SourceStep(2, "close it"))


@every(
    "section",
    [
        """
        Steps:
            1. open it -> it opens
            2. close it
        """,
        """
        Steps:
        - open it => it opens
        - close it
        """,
        """
        Test steps:
            1) open it
               Expected: it opens
            2) close it
        """,
        """
        Steps
        -----
        open it → it opens
        close it
        """,
        """
        steps:
            open it
            Expected result: it opens
            close it
        """,
    ],
    ids=["numbers", "bullets", "expected", "underlined", "lines"],
)
def test_steps_are_read_in_the_forms_that_people_write(section: str) -> None:
    assert read_docstring(textwrap.dedent(section)).steps == TWO


def test_a_docstring_is_name_description_and_steps() -> None:
    told = read_docstring(
        textwrap.dedent(
            """\
            The pump is primed
            without a bubble.

            It takes 5 ml.
                Indented.

            Steps:
                1. Start
                   the pump
                   - and wait
                2. Look

            Note: after the steps.
            """
        )
    )
    assert told.name == "The pump is primed without a bubble"
    assert told.description == "It takes 5 ml.\n    Indented.\n\nNote: after the steps."
    assert told.steps == (SourceStep(1, "Start\nthe pump\n- and wait"), SourceStep(2, "Look"))


def _session(
    *tests: str, steps: tuple[SourceStep, ...] = (), docstring: str = ""
) -> CollectedSession:
    results = tuple(TestResult(test, Outcome.NOT_REACHED) for test in tests)
    source = TestSource("test_it.py", 1, docstring, steps=steps)
    return CollectedSession(results, sources=dict.fromkeys(tests, source))


def _names(*tests: str, per_parameter: bool = False, docstring: str = "") -> dict[str, str]:
    session = _session(*tests, docstring=docstring)
    drafts = draft_cases(session.tests, session, per_parameter=per_parameter)
    return {draft.test: draft.name for draft in drafts}


@every(
    "test, name",
    [
        ("tests/test_pump.py::test_stops_at_5_ml", "Stops at 5 ml"),
        ("tests/test_pump.py::TestPump::test_stops", "Pump: stops"),
        ("tests/test_pump.py::TestURLParser::test_HTTP_is_read", "URLParser: HTTP is read"),
        ("tests/test_pump.py::testLoginFails", "Login fails"),
        ("pump.py::pump.add", "pump.add"),
        ("com.acme.LoginTest.testLogin", "com.acme.LoginTest.testLogin"),
    ],
)
def test_a_test_without_docstring_is_named_in_words(test: str, name: str) -> None:
    assert _names(test) == {test: name}


def test_all_parameters_of_a_test_get_one_case_unless_it_is_asked_otherwise() -> None:
    tests = ("test_it.py::test_x[a]", "test_it.py::test_x[b]")
    assert _names(*tests) == {"test_it.py::test_x": "X"}
    assert _names(*tests, per_parameter=True) == dict(zip(tests, ("X[a]", "X[b]"), strict=True))
    told = _names(*tests, per_parameter=True, docstring="Told.")
    assert list(told.values()) == ["Told [a]", "Told [b]"]


def test_cases_of_one_name_are_told_apart_by_their_place() -> None:
    assert _names("test_a.py::test_it", "test_b.py::test_it") == {
        "test_a.py::test_it": "It (test_a.py)",
        "test_b.py::test_it": "It (test_b.py)",
    }


def test_cases_that_say_the_same_in_one_file_are_told_apart_by_their_tests() -> None:
    assert _names("test_a.py::test_x", "test_a.py::test_y", docstring="Same.") == {
        "test_a.py::test_x": "Same (test_a.py::test_x)",
        "test_a.py::test_y": "Same (test_a.py::test_y)",
    }


def test_secrets_in_docstrings_are_hidden() -> None:
    session = _session("test_it.py::test_x", docstring="X.\n\npassword='hunter2hunter2'")
    (draft,) = draft_cases(session.tests, session, per_parameter=False, redactor=Redactor())
    assert "hunter2" not in draft.description


def test_docstring_and_code_make_the_steps_together() -> None:
    session = _session(
        "test_it.py::test_x",
        docstring="X.\n\nSteps:\n    1. Open",
        steps=(SourceStep(1, "Begin", "it opens"), SourceStep(4, "End"), SourceStep(9_999, "No")),
    )
    (draft,) = draft_cases(session.tests, session, per_parameter=False)
    assert draft.steps == (("Open", "it opens"), ("Step 2", ""), ("Step 3", ""), ("End", ""))


def test_the_name_that_a_report_gives_is_kept() -> None:
    session = CollectedSession(
        (TestResult("menu.asks for a code", Outcome.PASSED),),
        names={"menu.asks for a code": "asks for a code"},
    )
    (draft,) = draft_cases(session.tests, session, per_parameter=False)
    assert draft.name == "asks for a code"
