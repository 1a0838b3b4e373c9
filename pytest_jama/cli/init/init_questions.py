"""The questions of `pytest-jama init`: asked on a terminal, or answered by what is proposed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import click

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Offer(NamedTuple):
    """One thing that can be chosen.

    Attributes:
        value: What is written into the settings.
        title: What it is called, for people.
    """

    value: str
    title: str = ""

    def __str__(self) -> str:
        return f"{self.value}  {self.title}" if self.title else self.value


_DIGITS = 3
"""Longer numbers are the IDs of a server."""

MOST_OFFERED = 20
"""So many are listed; of more, the rest can be written by name."""


def accept(_: str) -> None:
    """Accept any answer."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks for one thing after the other.

    Attributes:
        are_asked: Whether a person is there; else each question has its proposal as answer.
    """

    are_asked: bool

    def ask(
        self, question: str, *, proposal: str = "", check: Callable[[str], None] = accept
    ) -> str:
        """Return an answer; the empty one is the proposal.

        Args:
            question: What is wanted.
            proposal: What an empty answer means, and what counts where no one is asked.
            check: Raises `SettingsError` for an answer that cannot be used; it is asked again.
        """
        while self.are_asked:
            answer = click.prompt(
                printable(question), default=proposal, show_default=bool(proposal), err=True
            )
            try:
                check(answer.strip())
            except SettingsError as error:
                for problem in error.problems:
                    self.tell(f"{problem.message}; {problem.remedy}")
                continue
            return str(answer).strip()
        return proposal

    def choose(
        self,
        question: str,
        offers: Sequence[Offer],
        *,
        proposal: str = "",
        check: Callable[[str], None] = accept,
    ) -> str:
        """Return the value of one of several things, or what was written instead of a number.

        Args:
            question: What is wanted.
            offers: What there is; chosen by its number or its value.
            proposal: As for `ask`.
            check: As for `ask`.
        """
        if self.are_asked:
            self._list(offers)
            hint = " (number or name)" if offers else ""
            question = f"{question}{hint}"
        shown = {str(number): offer.value for number, offer in enumerate(offers, start=1)}

        def check_choice(answer: str) -> None:
            is_outside = answer.isdigit() and len(answer) <= _DIGITS and answer not in shown
            if offers and is_outside and answer not in shown.values():
                remedy = "choose one of the list, or write what you mean in words"
                raise SettingsError(Problem(f"{answer} is not in the list", remedy, "answer"))
            check(shown.get(answer, answer))

        answer = self.ask(question, proposal=proposal, check=check_choice)
        return shown.get(answer, answer)

    def tell(self, text: str) -> None:
        """Say something between two questions."""
        if self.are_asked:
            click.echo(printable(text), err=True)

    def _list(self, offers: Sequence[Offer]) -> None:
        width = len(str(min(len(offers), MOST_OFFERED)))
        for number, offer in enumerate(offers[:MOST_OFFERED], start=1):
            self.tell(f"  {number:>{width}}  {offer}")
        if len(offers) > MOST_OFFERED:
            self.tell(f"  and {len(offers) - MOST_OFFERED} more: write its key or name")
