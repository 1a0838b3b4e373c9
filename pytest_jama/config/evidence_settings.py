"""Which files become evidence of tests, and how large they may be.

No `from __future__ import annotations` in this module: pydantic needs the types at run time.
"""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from pytest_jama.config.types import Allowed, Section, YesOrNo, mistake
from pytest_jama.core.results import FAILURES, Outcome

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(B|kB|MB|GB)?", re.ASCII | re.IGNORECASE)
_BYTES = {"b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def _size(value: object) -> int:
    """Read ``10 MB``, ``500 kB`` or a number of bytes."""
    match = _SIZE.fullmatch(str(value).strip())
    size = int(float(match[1]) * _BYTES[(match[2] or "B").lower()]) if match else 0
    if size < 1:
        raise ValueError(value)
    return size


Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? *([Bb]|[kKmMgG][Bb])?$"},
            ],
        },
    ),
    Allowed("a size, such as 10 MB or 500 kB, or a number of bytes"),
]


def _patterns(value: object) -> object:
    several = [value] if isinstance(value, str) else value
    if several is None:
        return []
    for each in several if isinstance(several, (list, tuple)) else [several]:
        if not isinstance(each, str) or not each.strip():
            raise mistake("has a pattern that is not a text", remedy="use such as artifacts/*.png")
        parts = re.split(r"[/\\]", each)
        if ".." in parts or not parts[0] or ":" in parts[0]:
            raise mistake(
                f"has the pattern {each!a}, which leads out of the folder of the tests",
                remedy="use a path below that folder, such as artifacts/{test}/**",
            )
    return several


Patterns = Annotated[
    tuple[str, ...],
    BeforeValidator(_patterns),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string", "minLength": 1}},
            ],
        },
    ),
    Allowed("a list of patterns of paths, such as [artifacts/{test}/**]"),
]


class EvidenceSettings(Section):
    """Which files become evidence of a test, beside those that it attaches itself."""

    log: Annotated[
        Literal["never", "on_failure", "always"], Allowed("never, on_failure or always")
    ] = Field(
        default="never",
        description="Attach one text of each test with what failed, and its captured output and "
        "log; of failed tests, or of all.",
    )
    files: Patterns = Field(
        default=(),
        description="Files to attach, relative to the rootdir; `{test}` is the name of the test "
        "with `_` for all but letters, digits, `.`, `_` and `-`. Without it, files count that were "
        "written since the test began (only `pytest --jama`: a report does not tell when).",
    )
    max_file: Size = Field(
        default=10_000_000,
        description="A larger file is not kept, and the test has a note that says so.",
    )
    max_run: Size = Field(
        default=25_000_000,
        description="All files of one test together; those beyond it are not kept.",
    )
    images: Annotated[Literal["attach", "inline"], Allowed("attach or inline")] = Field(
        default="attach",
        description="Images: attached like other files, or also shown in the actual results.",
    )
    bundle: YesOrNo = Field(
        default=False,
        description="Attach the journal, its manifest and what is known of the environment to the "
        "test plan, in one archive, when an upload has sent everything.",
    )

    def wants_log(self, outcome: Outcome) -> bool:
        """Return whether a test that ended so has its log among its files."""
        return self.log == "always" or (self.log == "on_failure" and outcome in FAILURES)
