"""Why a test did not pass, in a few lines, worded as ``pytest --jama`` does. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.elements import without_marks
from junit_uploader.junit.reported_test import MOST_NOTES
from pytest_jama.core.results import MESSAGE_CHARACTERS
from pytest_jama.core.text import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from junit_uploader.junit.dialects import Dialects
    from junit_uploader.junit.elements import Finding
    from pytest_jama.core.results import Outcome

_LONGEST_READ = 10 * MESSAGE_CHARACTERS
"""Characters of a text that are looked at: colours and marks take room before it is shortened."""


class Account(NamedTuple):
    """Why a test did not pass.

    Attributes:
        message: For people; empty when nothing is said.
        is_teardown: Whether a result tells of the teardown, and not of the test itself.
    """

    message: str = ""
    is_teardown: bool = False


NO_ACCOUNT = Account()


def read_account(findings: Sequence[Finding], outcome: Outcome, dialects: Dialects) -> Account:
    """Join the messages of all results that count; there may be any number of them.

    Args:
        findings: The results in a testcase or suite.
        outcome: What they come to.
        dialects: Know how messages are written.
    """
    messages: dict[str, None] = {}
    length = 0
    is_teardown = False
    for finding in findings:
        # pytest's skip or expected failure stands beside the error of the teardown after it
        counts = finding.kind.counts_for(outcome) or finding.type_name in dialects.skip_types
        if counts and length < MESSAGE_CHARACTERS:
            account = _word(finding, dialects)
            is_teardown = is_teardown or account.is_teardown
            length += len(account.message)
            messages.setdefault(account.message)
    return Account("\n".join(filter(None, messages)), is_teardown)


def account_of_attempts(attempts: Sequence[Finding], dialects: Dialects) -> tuple[str, ...]:
    """Word the other attempts that failed, as ``pytest --jama`` does.

    A ``flakyFailure`` is of an attempt before the one that passed; a ``rerunFailure`` is of one
    after the first, whose failure is that of the testcase.
    """
    whys = [_word(each, dialects).message for each in attempts[:MOST_NOTES]]
    first = 2 if attempts and attempts[0].kind.is_rerun else 1
    return tuple(
        f"attempt {number} failed" + (f": {why}" if why else "")
        for number, why in enumerate(whys, start=first)
    )


def _word(finding: Finding, dialects: Dialects) -> Account:
    """Word one failure, error or skip: its message, else its text, else its type."""
    kind = None if finding.type_name in dialects.skip_types else finding.type_name
    sayings = (finding.message, finding.text, kind)
    chosen = next((each for each in sayings if each and not each.isspace()), "")
    readable = clean(dialects.readable(chosen[:_LONGEST_READ]))
    account = _word_phase(without_marks(readable).strip(), dialects)
    return account._replace(message=shorten(account.message, at_most=MESSAGE_CHARACTERS))


def _word_phase(text: str, dialects: Dialects) -> Account:
    """Word errors of setup and teardown as the plugin for pytest does."""
    found = dialects.find_phase(text)
    if found is None:
        return Account(text)
    phase, why = found
    if dialects.is_crash(why):
        return Account(f"worker crashed: {why}")
    return Account(f"{phase} failed: {why}", is_teardown=phase == "teardown")
