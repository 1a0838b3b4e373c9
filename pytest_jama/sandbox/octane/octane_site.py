"""What every call to the stand-in has at hand, and how an answer is made of what it returns."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.octane.entity_answers import Answers
from pytest_jama.sandbox.octane.entity_writes import Writes
from pytest_jama.sandbox.octane.octane_errors import Json, OctaneRefusedError
from pytest_jama.sandbox.octane.result_tasks import TaskQueue
from pytest_jama.sandbox.octane.signing_in import Door, OctaneCredentials

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs
    from pytest_jama.sandbox.octane.workspace_store import OctaneStore

SPACE = 1001
WORKSPACE = 1002
API = f"/api/shared_spaces/{SPACE}/workspaces/{WORKSPACE}"

Endpoint = Callable[["Request"], Awaitable["Response"]]


@dataclass(frozen=True, kw_only=True)
class OctaneSite:
    """One workspace that is served."""

    store: OctaneStore
    knobs: OctaneKnobs
    credentials: OctaneCredentials
    context_path: str = ""

    @property
    def door(self) -> Door:
        """Who may come in."""
        return Door(self.store.database, self.knobs, self.credentials)

    @property
    def answers(self) -> Answers:
        """How entities are shown."""
        return Answers(self.store.tables, self.knobs, current_user=self.store.user)

    @property
    def writes(self) -> Writes:
        """How entities are changed."""
        return Writes(self.store.tables, self.knobs, user=self.store.user)

    @property
    def queue(self) -> TaskQueue:
        """Where results are pushed to."""
        return TaskQueue(self.store.tables, self.knobs, user=self.store.user)


def octane_site_of(request: Request) -> OctaneSite:
    """Return the site of a request."""
    site: OctaneSite = request.app.state.site
    return site


def read_json(raw: bytes | str) -> Any:
    """Read strict JSON that can be stored.

    Raises:
        ValueError: It is not JSON, holds NaN, or half of a surrogate pair.
        RecursionError: It is too deep.
    """
    value = json.loads(raw, parse_constant=_refuse_constant)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


async def json_of(request: Request) -> Any:
    """Read the JSON of a request.

    Raises:
        OctaneRefusedError: 415 for anything that does not say that it is JSON, 400 for what is not.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise OctaneRefusedError(415, f"Content-Type {kind!r} is not application/json")
    try:
        return read_json(await request.body())
    except (ValueError, RecursionError) as exc:
        raise OctaneRefusedError(400, f"the body is not JSON: {exc}") from exc


async def object_of(request: Request) -> Json:
    """Read the JSON object of a request; anything else is refused with 400."""
    body = await json_of(request)
    if not isinstance(body, dict):
        raise OctaneRefusedError(400, "the body is not a JSON object")
    return body
