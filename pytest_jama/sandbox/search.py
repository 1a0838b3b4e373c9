"""How `abstractitems` finds things: full text and date ranges."""

import re
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Literal

from pytest_jama.sandbox.errors import bad_request

_WORD = re.compile(r"[^\s,;:!?()\[\]{}<>\"']+")
_FIELDED = re.compile(r"(?P<field>name|description|documentKey|globalId):(?P<query>.+)", re.DOTALL)
_DATE_FORMATS = ("%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z")
_AT_MOST_TWO = 2


def split_field(query: str) -> tuple[str | None, str]:
    """Split `name:"x"` into the field it restricts to and the rest."""
    match = _FIELDED.fullmatch(query.strip())
    return (match["field"], match["query"].strip()) if match else (None, query.strip())


def matches(query: str, text: str, *, terms: Literal["any", "all"] = "any") -> bool:
    """Tell whether a text contains what was asked for; letter case is ignored.

    Args:
        query: In double quotes it is looked for anywhere, even inside words; otherwise its
            words must stand there as whole words.
        text: What to look through.
        terms: Whether one of several words is enough.

    Source: Jama REST cookbook, abstract items chapter.
    """
    if is_quoted(query):
        return query[1:-1].casefold() in text.casefold()
    wanted = words(query)
    present = set(words(text))
    combine = any if terms == "any" else all
    return bool(wanted) and combine(word in present for word in wanted)


def is_quoted(query: str) -> bool:
    """Tell whether a query stands in double quotes."""
    return len(query) > 1 and query.startswith('"') and query.endswith('"')


def words(text: str) -> list[str]:
    """Split a text into words in lower case; hyphens and dots inside a word stay."""
    return [word.strip(".") for word in _WORD.findall(text.casefold())]


def date_range(name: str, values: Sequence[str]) -> tuple[str, str | None]:
    """Read one date (from then on) or two (from, to) into the form that is stored.

    Raises:
        ApiError: 400 for another number of dates, or a date in another form.
    """
    if len(values) > _AT_MOST_TWO:
        raise bad_request(f"{name} was given {len(values)} times; one date or two are possible")
    moments = [_stored_form(name, value) for value in values]
    return moments[0], moments[1] if len(moments) == _AT_MOST_TWO else None


def _stored_form(name: str, value: str) -> str:
    for form in _DATE_FORMATS:
        try:
            moment = datetime.strptime(value, form)  # noqa: DTZ007 - both forms end with %z
        except ValueError:
            continue
        return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    raise bad_request(
        f"{name}={value!r} is not a date like 2024-05-31T10:00:00.000+0000 "
        "(a + in a query is written %2B)"
    )
