"""What a flow shows: rows with the same keys, whatever a server says of an entity. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.text import unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_jama.core.errors import TargetError

    Row = Mapping[str, Any]


class FlowRows(NamedTuple):
    """What a flow has found or done.

    Attributes:
        columns: The keys of the rows, in their order.
        rows: What is shown.
        notes: What else a person should know.
        is_complete: Whether everything was done that was wished.
        stopped: What ended it before its end; None when nothing did.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    is_complete: bool = True
    stopped: TargetError | None = None


def column_of(field: str) -> str:
    """Return the key of a field: its name, without what is shown of that to which it refers."""
    return field.partition("{")[0]


def make_row(entity: Mapping[str, Any], fields: Sequence[str]) -> Row:
    """Return what is shown of an entity; what the server left out is None."""
    return {column_of(field): shown(entity.get(column_of(field))) for field in fields}


def shown(value: Any) -> Any:
    """Return a value as rows have it: references by their names, several as a list."""
    if isinstance(value, dict):
        if isinstance(value.get("data"), list):
            return [shown(each) for each in value["data"]]
        return name_of(value)
    if isinstance(value, list):
        return [shown(each) for each in value]
    return value


def name_of(reference: Mapping[str, Any]) -> str | None:
    """Return what people call that to which something refers; its ID where it has no name."""
    for key in ("name", "full_name", "id"):
        if isinstance(reference.get(key), (str, int)):
            return str(reference[key])
    return None


def word_of(entry: Any) -> str:
    """Return the last word of the logical name of an entry of a list: ``passed``.

    The ID of an entry is its logical name on present servers and a number on old ones.
    """
    if not isinstance(entry, dict):
        return ""
    named = str(entry.get("logical_name") or entry.get("id") or "")
    return named.rpartition(".")[2]


_TAG = re.compile(r"<[^<>]*>")
_END = re.compile(r"</(?:p|div|li|tr|h[1-6])>|<br */?>", re.IGNORECASE)


def plain_text(html: Any) -> Any:
    """Return rich text without its tags, in one line."""
    if not isinstance(html, str):
        return html
    return " ".join(unescaped(_TAG.sub("", _END.sub(" ", html))).split())


STATUSES = ("passed", "failed", "skipped")
ENVIRONMENT_COLUMNS = ("category", "value", "runs", *STATUSES, "other")


def count_environments(
    runs: Iterable[Mapping[str, Any]], categories: Mapping[str, str]
) -> tuple[Row, ...]:
    """Count the results of runs for each value of an environment.

    Args:
        runs: The runs, with their environments and statuses.
        categories: The names of categories by their IDs.
    """
    counts: dict[tuple[str, str], Counter[str]] = {}
    for run in runs:
        word = word_of(run.get("native_status"))
        for value in taxonomies_of(run):
            key = (categories.get(category_id(value), ""), name_of(value) or "")
            counts.setdefault(key, Counter())[word if word in STATUSES else "other"] += 1
    return tuple(
        {
            "category": category,
            "value": value,
            "runs": sum(counted.values()),
            **{word: counted[word] for word in (*STATUSES, "other")},
        }
        for (category, value), counted in sorted(counts.items())
    )


def taxonomies_of(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the values of the environment of a run."""
    several = run.get("taxonomies")
    listed = several.get("data") if isinstance(several, dict) else several
    return [each for each in listed or [] if isinstance(each, dict)]


def category_id(value: Mapping[str, Any]) -> str:
    """Return the ID of the category of a value of an environment; empty when it has none."""
    category = value.get("category")
    return str(category.get("id", "")) if isinstance(category, dict) else ""


def field_row(metadata: Mapping[str, Any], values: Sequence[str]) -> Row:
    """Return what is shown of a field that users have defined.

    Args:
        metadata: What the server says of it.
        values: The names of the entries of its list.
    """
    fields = ("name", "label", "field_type", "required")
    return {**make_row(metadata, fields), "values": list(values)}


def list_of(metadata: Mapping[str, Any]) -> str:
    """Return the logical name of the list that a field takes its values from; empty for none."""
    data = metadata.get("field_type_data")
    targets = data.get("targets") if isinstance(data, dict) else None
    for target in targets if isinstance(targets, list) else []:
        if isinstance(target, dict) and target.get("type") == "list_node":
            return str(target.get("logical_name") or "")
    return ""
