"""How results are sent, and where the journals are kept that they are sent from.

No `from __future__ import annotations` in this module: pydantic needs the types at run time.
"""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from pytest_jama.config import types
from pytest_jama.config.types import Allowed, Given, Section


class UploadSettings(Section):
    """How results are sent."""

    when: Annotated[Literal["end", "during"], Allowed("end or during")] = Field(
        default="end",
        description="When pytest sends results: each case as soon as its tests have finished "
        "(`during`, docs/during.md), or all when the session ends (`end`).",
    )
    on_error: Annotated[Literal["fail", "warn"], Allowed("fail or warn")] = Field(
        default="fail",
        description="Green tests in a session that did not end well (docs/exit-status.md): fail "
        "with exit status 8, or only warn.",
    )
    no_credentials: Annotated[Literal["fail", "journal"], Allowed("fail or journal")] = Field(
        default="fail",
        description="A session without any credentials, as in the pull request of a fork: `fail` "
        "refuses it before a test runs, `journal` sends nothing, keeps the journal and changes no "
        "exit status (docs/ci.md).",
    )
    give_up_after_s: types.Duration = Field(
        default=120.0,
        alias="give_up_after",
        description="When no request succeeded for that long, stop and keep the journal.",
    )
    concurrency: types.Concurrency = Field(default=8, description="Requests at the same time.")
    rate: types.Rate = Field(
        default="auto",
        description="Requests per second; auto slows down when the server asks for it.",
    )


class JournalSettings(Section):
    """Where journals are, and how long; a bare path is that of the folder."""

    bare_form: ClassVar[dict[str, Any]] = {"type": "string", "minLength": 1}

    # The default is relative to the file, too, so that it is validated with its surroundings.
    model_config = ConfigDict(revalidate_instances="always")

    folder: types.Folder = Field(
        default=Path(".jama"),
        validate_default=True,
        description="Folder of the journals.",
    )
    keep: types.Keep = Field(
        default=10,
        description="How many finished journals are kept, the newest (docs/journal.md).",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_bare_folder(cls, value: object) -> object:
        is_path = isinstance(value, (str, Path)) and str(value).strip()
        return {"folder": value} if is_path else value

    @classmethod
    def keys_of_flag(cls, said: Any) -> dict[str, Any]:
        """Return the folder that a flag names."""
        return {"folder": said}


Journal = Annotated[
    JournalSettings,
    Allowed("the path of a folder, or {folder: .jama, keep: 10}"),
    Given("JOURNAL", "journal"),
]
