from __future__ import annotations

import pytest

from tests.every import every
from tests.junit.reports import read_one


@every(
    "inside, expected",
    [
        pytest.param('<failure message="a&#10;b">trace</failure>', "a\nb", id="message wins"),
        pytest.param('<failure message=" ">why</failure>', "why", id="text when message is blank"),
        pytest.param('<failure type="ValueError"/>', "ValueError", id="type when nothing else"),
        pytest.param("<failure><message>a</message>\n<x>b</x></failure>", "a\nb", id="NUnit"),
        pytest.param('<failure message="a"/><failure message="b"/>', "a\nb", id="several"),
        pytest.param('<failure message="a"/><failure message="a"/>', "a", id="repeated"),
        pytest.param('<skipped message="later"/><failure message="a"/>', "a", id="of what counts"),
        pytest.param("<skipped>not here</skipped>", "not here", id="reason as text"),
        pytest.param(
            "<error message='failed on setup with \"E: x\"'/>",
            "setup failed: E: x",
            id="pytest setup",
        ),
        pytest.param(
            "<error message='failed on teardown with \"E: x\"'/>",
            "teardown failed: E: x",
            id="pytest teardown",
        ),
        pytest.param(
            "<error message='failed on teardown with \"E: x&#10;[+9 more lines]'/>",
            "teardown failed: E: x\n[+9 more lines]",
            id="shortened by pytest",
        ),
        pytest.param(
            "<error message='failed on setup with \"worker &apos;g&apos; crashed while running\"'"
            "/>",
            "worker crashed: worker 'g' crashed while running",
            id="pytest-xdist crash",
        ),
        pytest.param(
            '<failure message="#x1B[31mred#x1B[0m#x00"/>', "red\ufffd", id="escaped colours"
        ),
        pytest.param(
            "<failure>a\n[[ATTACHMENT|shots/x.png]]\nb\n[[PROPERTY|k=v]]\n</failure>",
            "a\nb",
            id="marks",
        ),
    ],
)
def test_message_is_for_people(inside: str, expected: str) -> None:
    assert read_one(inside).as_result().message == expected


def test_message_is_short() -> None:
    message = read_one(f"<failure>{'x' * 5000}</failure>").as_result().message
    assert len(message) == 1000


def test_message_of_a_passed_test_is_empty() -> None:
    assert read_one("<system-out>much</system-out>").as_result().message == ""
