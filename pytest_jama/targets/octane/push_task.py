"""What the server says of a document that it has taken: its task, and how far it is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.plan import ServerTask
from pytest_jama.core.text import clean, shorten
from pytest_jama.targets.octane.octane_remedies import words_in

if TYPE_CHECKING:
    from collections.abc import Mapping

SUCCESS, WARNING, FAILED = "success", "warning", "failed"
UNDER_WAY = frozenset({"", "queued", "running"})
"""All other statuses are final. Source: vendor's help."""

_LONGEST_WORDS = 1000
_LONGEST_STATUS = 40
_MOST_DIGITS = 18
_MOST_DETAILS = 5


class PushTask(NamedTuple):
    """A task, as an answer tells it.

    Attributes:
        task: Its ID, and till when it is remembered.
        status: How far it is, in small letters; empty when the answer does not say.
        words: Why it is not simply a success; may be empty.
        is_older: Whether the same bytes were pushed before, and the task is of that time.
    """

    task: ServerTask
    status: str
    words: str = ""
    is_older: bool = False

    @property
    def is_under_way(self) -> bool:
        """Whether the server has not finished it."""
        return self.status in UNDER_WAY


def read_task(body: Mapping[str, Any], *, task_id: int | None = None) -> PushTask | None:
    """Return the task of an answer; None when the answer names none.

    Samples of the vendor pad the status and write it in capitals, and write `true` as a text.

    Args:
        body: The JSON object.
        task_id: Which task was asked for; None when a document was handed in.
    """
    found = _number(body.get("id"))
    known = found if task_id is None else task_id
    if known is None:
        return None
    return PushTask(
        ServerTask(known, _text(body.get("until"))),
        shorten(_text(body.get("status")).casefold(), at_most=_LONGEST_STATUS),
        _details(body),
        _text(body.get("fromOlderPush")).casefold() == "true",
    )


def _number(value: object) -> int | None:
    digits = _text(value)
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(digits) if is_number else None


def _text(value: object) -> str:
    return clean(str(value)).strip() if isinstance(value, (str, int)) else ""


def _details(body: Mapping[str, Any]) -> str:
    return shorten(_words(body.get("errorDetails")), at_most=_LONGEST_WORDS)


def _words(details: object) -> str:
    """Return details in a line: they may be a text, an object or a list, nothing public says."""
    if isinstance(details, dict):
        return words_in(details) or "; ".join(f"{key}: {each}" for key, each in details.items())
    if isinstance(details, list):
        more = ["..."] if len(details) > _MOST_DETAILS else []
        return "; ".join((*filter(None, map(_words, details[:_MOST_DETAILS])), *more))
    return " ".join(_text(details).split())
