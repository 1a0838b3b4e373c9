"""Why a test did not pass, in a few lines, worded as ``pytest --jama`` does. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from junit_uploader.junit.elements import without_marks
from junit_uploader.junit.reported_test import MOST_NOTES
from pytest_jama.core.results import LONGEST_READ, MESSAGE_CHARACTERS
from pytest_jama.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from junit_uploader.junit.dialects import Dialects
    from junit_uploader.junit.elements import Finding
    from junit_uploader.junit.reported_test import ReadOptions
    from pytest_jama.core.results import Outcome


class Account(NamedTuple):
    """Why a test did not pass.

    Attributes:
        message: For people; empty when nothing is said.
        is_teardown: Whether a result tells of the teardown, and not of the test itself.
        redacted: How many passages are hidden.
    """

    message: str = ""
    is_teardown: bool = False
    redacted: int = 0


NO_ACCOUNT = Account()


def read_account(findings: Sequence[Finding], outcome: Outcome, options: ReadOptions) -> Account:
    """Join the messages of all results that count; there may be any number of them.

    Args:
        findings: The results in a testcase or suite.
        outcome: What they come to.
        options: How reports are to be read.
    """
    messages: dict[str, int] = {}
    length = 0
    dialects = options.dialects
    is_teardown = False
    for finding in findings:
        # pytest's skip or expected failure stands beside the error of the teardown after it
        counts = finding.kind.counts_for(outcome) or finding.type_name in dialects.skip_types
        if counts and length < MESSAGE_CHARACTERS:
            account = _word(finding, options)
            is_teardown = is_teardown or account.is_teardown
            length += len(account.message)
            messages.setdefault(account.message, account.redacted)
    return Account("\n".join(filter(None, messages)), is_teardown, sum(messages.values()))


def account_of_attempts(
    attempts: Sequence[Finding], options: ReadOptions
) -> tuple[tuple[str, ...], int]:
    """Word the other attempts that failed, as ``pytest --jama`` does.

    A ``flakyFailure`` is of an attempt before the one that passed; a ``rerunFailure`` is of one
    after the first, whose failure is that of the testcase.

    Returns:
        A note for each, and how many passages of them are hidden.
    """
    accounts = [_word(each, options) for each in attempts[:MOST_NOTES]]
    first = 2 if attempts and attempts[0].kind.is_rerun else 1
    notes = tuple(
        f"attempt {number} failed" + (f": {account.message}" if account.message else "")
        for number, account in enumerate(accounts, start=first)
    )
    return notes, sum(account.redacted for account in accounts)


def _word(finding: Finding, options: ReadOptions) -> Account:
    """Word one failure, error or skip: its message, else its text, else its type."""
    dialects = options.dialects
    kind = None if finding.type_name in dialects.skip_types else finding.type_name
    sayings = (finding.message, finding.text, kind)
    chosen = next((each for each in sayings if each and not each.isspace()), "")
    readable = clean(dialects.readable(chosen[:LONGEST_READ]))
    account = _word_phase(without_marks(readable).strip(), dialects)
    hidden = options.redactor.tidy(account.message, is_cut=len(chosen) > LONGEST_READ)
    return account._replace(message=hidden.text, redacted=hidden.passages)


def _word_phase(text: str, dialects: Dialects) -> Account:
    """Word errors of setup and teardown as the plugin for pytest does."""
    found = dialects.find_phase(text)
    if found is None:
        return Account(text)
    phase, why = found
    if dialects.is_crash(why):
        return Account(f"worker crashed: {why}")
    return Account(f"{phase} failed: {why}", is_teardown=phase == "teardown")
