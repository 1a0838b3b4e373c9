from __future__ import annotations

import inspect
import re

import pytest

from pytest_jama.core import errors
from pytest_jama.core.errors import LockedError, Problem, RefusedError, SettingsError
from tests.every import every

CLASSES = {
    name: each
    for name, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, Exception)
}


def drawn_parents() -> dict[str, str]:
    """Return the parent of each class that the docstring draws as a tree."""
    parents: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in inspect.getdoc(errors).splitlines():  # type: ignore[union-attr]  # it has one
        found = re.search(r"\b[A-Z]\w+Error\b", line)
        if found and not line[: found.start()].strip(" │├└─"):
            depth = found.start()
            nearest = max((other for other in above if other < depth), default=None)
            parents[found[0]] = "Exception" if nearest is None else above[nearest]
            above = {other: name for other, name in above.items() if other < depth}
            above[depth] = found[0]
    return parents


def test_the_docstring_draws_every_class_below_its_parent() -> None:
    real = {name: each.__mro__[1].__name__ for name, each in CLASSES.items()}

    assert drawn_parents() == real


@every("name", CLASSES)
def test_each_class_says_what_the_situation_is(name: str) -> None:
    assert inspect.getdoc(CLASSES[name])


def test_a_problem_is_one_line_with_origin_mistake_and_remedy() -> None:
    problem = Problem("unknown key 'plam'", "did you mean 'plan'?", "jama.yaml:3")

    assert str(problem) == "jama.yaml:3: unknown key 'plam'; did you mean 'plan'?"


def test_all_mistakes_are_told_at_once_in_their_order() -> None:
    problems = [Problem(f"wrong {name}", "correct it", f"jama.yaml:{name}") for name in "ab"]

    error = SettingsError(*problems)

    assert str(error).splitlines() == list(map(str, problems))
    assert error.problems == tuple(problems)


@pytest.mark.parametrize("kind", [RefusedError, LockedError])
def test_a_refusal_knows_the_http_status(kind: type[RefusedError]) -> None:
    error = kind("run 71: locked by Jane", http_status=423)

    assert (str(error), error.http_status) == ("run 71: locked by Jane", 423)
