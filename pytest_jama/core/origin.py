"""Where the results of a session come from, beside the tools; what is unknown is empty. Pure."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Elsewhere(NamedTuple):
    """When and where tests ran that another program ran before the session.

    Attributes:
        started: When the first began, ISO 8601 in UTC; empty when unknown.
        ended: When the last began.
        hosts: The machines, sorted.
        is_partial: Whether this is known of some tests alone.
    """

    started: str = ""
    ended: str = ""
    hosts: tuple[str, ...] = ()
    is_partial: bool = False


class Provenance(NamedTuple):
    """Where the results of a session come from, beside the tools; what is unknown is empty.

    Attributes:
        user: Whose credentials are used: the user name, or the client ID of API credentials.
        actor: Who started the session: whom the CI system names, else who is signed in.
        ci: The name of the CI system.
        job: The URL of the page of the job.
        host: The machine.
        os: Its operating system.
        plugins: The plugins of the framework, version by distribution.
        commit: The commit under test.
        branch: Its branch.
        is_modified: Whether the files of the checkout differ from the commit; None when unknown.
        tests: When and where the tests ran, if another program ran them; None when we did.
    """

    user: str = ""
    actor: str = ""
    ci: str = ""
    job: str = ""
    host: str = ""
    os: str = ""
    plugins: Mapping[str, str] = MappingProxyType({})
    commit: str = ""
    branch: str = ""
    is_modified: bool | None = None
    tests: Elsewhere | None = None


class Equipment(NamedTuple):
    """Something that was measured with.

    Attributes:
        name: What it is.
        mark: What tells it from others of its kind; may be empty.
        calibrated_until: The last day of its calibration; None when unknown.
    """

    name: str
    mark: str = ""
    calibrated_until: date | None = None

    @classmethod
    def read(cls, plain: Mapping[str, object]) -> Equipment:
        """Return what `plain` has written; a day that is none is unknown."""
        name, mark, until = (
            str(plain.get(key) or "") for key in ("name", "id", "calibrated_until")
        )
        try:
            return cls(name, mark, date.fromisoformat(until))
        except ValueError:
            return cls(name, mark)

    def plain(self) -> dict[str, str]:
        """Return it as jama.yaml has it, fit for JSON; what is unknown is left out."""
        until = self.calibrated_until.isoformat() if self.calibrated_until else ""
        values = {"name": self.name, "id": self.mark, "calibrated_until": until}
        return {key: value for key, value in values.items() if value}
