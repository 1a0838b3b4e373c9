"""The hooks in docs/hooks.md, from their declarations in specs.py; `make docs` writes them."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.config.reference import fill_in
from pytest_jama.hooks import specs

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[1] / "hooks.md"
_SECTION = re.compile(r"^(Args|Returns|Raises):\n", re.MULTILINE)


def all_hooks() -> dict[str, Callable[..., Any]]:
    """Return the hooks by name, in the order of their declaration."""
    return {name: spec for name, spec in vars(specs).items() if hasattr(spec, "pytest_jama_spec")}


def page_text(page: str) -> str:
    """Return the page with fresh sections between its marks."""
    return fill_in(page, {"hooks": lambda: "\n".join(map(_section, all_hooks().values()))})


def _section(hook: Callable[..., Any]) -> str:
    text, *sections = _SECTION.split(inspect.getdoc(hook) or "")
    named = dict(zip(sections[::2], sections[1::2], strict=True))
    signature = str(inspect.signature(hook)).replace("'", "")
    told = [_list(each) for title, each in named.items() if title != "Returns"]
    told += [f"Returns: {_line(each)}\n" for title, each in named.items() if title == "Returns"]
    code = f"```python\ndef {hook.__name__}{signature}: ...\n```\n"
    return "\n".join([f"### {hook.__name__}\n", code, text.strip() + "\n", *told])


def _list(section: str) -> str:
    """Return the arguments of a docstring as a list."""
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return "".join(f"* `{name}`: {_line(text)}\n" for name, text in entries)


def _line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
