"""Write the generated files: ``python -m pytest_jama.config.reference``, in a checkout.

These are `jama.schema.json` beside this module and the tables of `docs/settings.md`; the prose of
that page is written by hand, around the tables. A test fails when one of the two is stale.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.config.credentials import KINDS
from pytest_jama.config.declaration import Allowed, Given, find_metadata
from pytest_jama.config.models import Settings
from pytest_jama.config.overrides import PLUGIN_PREFIX
from pytest_jama.config.schema import make_schema
from pytest_jama.config.wording import keys_of, section_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

SCHEMA = Path(__file__).with_name("jama.schema.json")
PAGE = Path(__file__).parents[2] / "docs" / "settings.md"

_GENERATED = re.compile(
    r"(<!-- generated: (?P<table>\w+) -->\n).*?(<!-- end of generated -->)",
    re.DOTALL,
)


def schema_text() -> str:
    """Return the content of jama.schema.json."""
    return json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"


def page_text(page: str) -> str:
    """Return the reference page with fresh tables.

    Args:
        page: The page as it is; its prose is kept.
    """
    return fill_in(page, _TABLES)


def fill_in(page: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with fresh tables between its marks.

    Args:
        page: The page as it is.
        tables: Makes the table of each mark.
    """
    return _GENERATED.sub(lambda match: f"{match[1]}\n{tables[match['table']]()}\n{match[3]}", page)


def table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table of Markdown."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def settings_table() -> str:
    """Return one table for the top level of jama.yaml and one for each section."""
    tables = [table(_TOP_COLUMNS, _top_rows())]
    for key, field in keys_of(Settings).items():
        section = section_of(field)
        if section:
            heading = f"### `{key}`\n\n{field.description}"
            tables.append(f"{heading}\n\n{table(_COLUMNS, _section_rows(key, section))}")
    return "\n".join(tables)


def credentials_table() -> str:
    """Return the table of the credentials."""
    rows = (
        (f"`{given.variable}`", field.description or "")
        for kind in KINDS
        for field in kind.model_fields.values()
        if (given := find_metadata(field, Given))
    )
    return table(("variable", "meaning"), rows)


_TABLES = {"settings": settings_table, "credentials": credentials_table}
_COLUMNS = ("setting", "value", "default", "meaning")
_TOP_COLUMNS = ("setting", "value", "default", "variable", "flag", "meaning")


def _top_rows() -> Iterator[tuple[str, ...]]:
    defaults = Settings.model_construct().model_dump(mode="json")
    for key, field in keys_of(Settings).items():
        allowed = find_metadata(field, Allowed)
        value = allowed.words if allowed else f"see [below](#{key})"
        default = "" if section_of(field) else _show_default(defaults.get(key))
        yield f"`{key}`", value, default, *_show_given(field), field.description or ""


def _section_rows(section_key: str, section: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    defaults = section.model_construct().model_dump(mode="json", by_alias=True)
    for key, field in keys_of(section).items():
        allowed = find_metadata(field, Allowed)
        yield (
            f"`{section_key}.{key}`",
            allowed.words if allowed else "",
            _show_default(defaults[key]),
            field.description or "",
        )


def _show_given(field: FieldInfo) -> tuple[str, str]:
    given = find_metadata(field, Given)
    return (f"`{given.variable}`", f"`{PLUGIN_PREFIX}{given.option}`") if given else ("", "")


def _show_default(value: Any) -> str:
    if value in (None, "", {}):
        return ""
    if isinstance(value, float):
        return f"`{value:g}`"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def main() -> int:
    """Write both files; return an exit status."""
    if not PAGE.exists():
        sys.stderr.write(f"there is no {PAGE}: run this in a checkout of the project\n")
        return 2
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
