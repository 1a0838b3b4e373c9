"""Where the results of a session come from, beside the tools; what is unknown is empty. Pure."""

from __future__ import annotations

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
