"""What faults have to know of this server: where it is, and how its answers are read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import cookie_parser

from pytest_jama.sandbox.faults.interception import Backend
from pytest_jama.sandbox.octane.entity_types import TYPES
from pytest_jama.sandbox.octane.octane_errors import OctaneRefusedError, error_answer
from pytest_jama.sandbox.octane.octane_site import API
from pytest_jama.sandbox.octane.signing_in import IDLE
from pytest_jama.sandbox.recorder import ApiPaths

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from starlette.responses import JSONResponse

    from pytest_jama.sandbox.octane.octane_site import OctaneSite

SIGN_IN = "/authentication/sign_in"
_ROOTS = ("/api/", "/authentication/", "/admin/")


@dataclass(frozen=True, kw_only=True)
class OctanePaths(ApiPaths):
    """The API has several roots; paths of the workspace are recorded without it."""

    def include(self, path: str) -> bool:
        """Return whether a path belongs to the API."""
        return path.startswith(_ROOTS)


OCTANE_PATHS = OctanePaths(version=API, token=SIGN_IN)


def backend_of(site: OctaneSite) -> Backend:
    """Say what faults have to know of this server."""

    def refusal(status: int, message: str, headers: Mapping[str, str]) -> JSONResponse:
        return error_answer(OctaneRefusedError(status, message, headers=headers))

    def expired(headers: Mapping[str, str]) -> JSONResponse:
        site.door.expire(cookie_parser(headers.get("cookie", "")))
        return error_answer(OctaneRefusedError(401, "the token has expired (fault 401)", IDLE))

    def locked(path: str) -> JSONResponse:
        return error_answer(
            OctaneRefusedError(409, f"{path} is being changed by tess (fault locked)")
        )

    return Backend(
        database=site.store.database,
        paths=OCTANE_PATHS,
        refusal=refusal,
        expired=expired,
        locked=locked,
        without=_without,
        emptied=lambda body: _changed(body, lambda _: []),
        replaced=_replaced,
        shown=_shown,
        created=_created,
    )


def _changed(body: bytes, change: Callable[[list[Any]], list[Any]]) -> bytes:
    """Change the rows of a list; any other answer stays as it is."""
    page = _decoded(body)
    rows = page.get("data")
    if not isinstance(rows, list) or "exceeds_total_count" not in page:
        return body
    return json.dumps({**page, "data": change(rows)}).encode()


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _number(row: Mapping[str, Any]) -> int:
    text = str(row.get("id", ""))
    return int(text) if text.isdigit() else 0


def _without(body: bytes, ids: Collection[int]) -> bytes:
    page = _decoded(body)
    rows = page.get("data")
    if not isinstance(rows, list):
        return body
    kept = [row for row in rows if _number(row) not in ids]
    total = page["total_count"] - len(rows) + len(kept)
    return json.dumps({**page, "data": kept, "total_count": total}).encode()


def _replaced(body: bytes, objects: Mapping[int, object]) -> bytes:
    return _changed(body, lambda rows: [objects.get(_number(row), row) for row in rows])


def _shown(body: bytes) -> tuple[int, object] | None:
    entity = _decoded(body)
    return (_number(entity), entity) if "id" in entity and "type" in entity else None


def _created(body: bytes) -> tuple[str, int]:
    entity = (_decoded(body).get("data") or [{}])[0]
    kind = TYPES.get(str(entity.get("type")))
    return f"/{kind.collection}" if kind else "", _number(entity)
