"""Write the table of docs/seed-file.md: ``python -m tests.sandbox.seed_page``, in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.config.reference import fill_in, table
from pytest_jama.sandbox.jama.seed_file import make_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "seed-file.md"


def page_text(page: str) -> str:
    """Return the page with a fresh table; its prose is kept."""
    return fill_in(page, {"seed": keys_table})


def keys_table() -> str:
    """Return the keys of a seed file in order of the file, those of lists below the list."""
    return table(("key", "meaning", "if left out"), _rows(make_schema(), ""))


def _rows(part: Any, above: str) -> Iterator[tuple[str, ...]]:
    schema = make_schema()
    for name, field in part["properties"].items():
        required = name in part.get("required", ())
        default = field.get("default")
        is_said = default not in (None, "", [], {}, False)
        shown = "" if not is_said else f"`{default}`"
        choices = field.get("enum", ())
        among = f" One of {', '.join(f'`{each}`' for each in choices)}." if choices else ""
        meaning = f"{field['description']}{among}"
        yield f"`{above}{name}`", meaning, "it must be given" if required else shown
        refs = [each["$ref"] for each in _choices(field.get("items", {})) if "$ref" in each]
        for ref in refs:
            yield from _rows(schema["$defs"][ref.rpartition("/")[2]], f"{above}{name}[].")


def _choices(items: dict[str, Any]) -> list[Any]:
    choices: list[Any] = items.get("anyOf", [items])
    return choices


if __name__ == "__main__":
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
