"""Refusals in the form of the server.

Source: vendor's help, "error handling": error_code and description are always there.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

Json = dict[str, Any]

CODES = {
    400: "platform.illegal_argument",
    401: "platform.not_authenticated",
    403: "platform.not_authorized",
    404: "platform.entity_not_found",
    405: "platform.method_not_allowed",
    406: "platform.not_acceptable",
    409: "platform.duplicate_entity_error",
    415: "platform.unsupported_media_type",
    429: "platform.too_many_requests",
    503: "testbox.queue_full",
}
"""By the status; that of 503 is the one of a full queue of results."""


class OctaneRefusedError(Exception):
    """A request that is refused.

    Args:
        status: The HTTP status.
        description: What is wrong.
        code: What the server calls it; empty for what the status is usually called.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        description: str,
        code: str = "",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.error_code = code or CODES.get(status, "platform.general_error")
        self.headers = headers or {}


def error_body(refusal: OctaneRefusedError, *, correlation_id: str | None = None) -> Json:
    """Describe one refusal."""
    return {
        "error_code": refusal.error_code,
        "description": refusal.description,
        "correlation_id": correlation_id,
        "description_translated": refusal.description,
        "properties": None,
        "business_error": refusal.status < 500,  # noqa: PLR2004 - from there on it is the server's
        "stack_trace": None,
    }


def error_answer(refusal: OctaneRefusedError, *, correlation_id: str | None = None) -> JSONResponse:
    """Answer a request that is refused as a whole."""
    body = error_body(refusal, correlation_id=correlation_id)
    return JSONResponse(body, status_code=refusal.status, headers=dict(refusal.headers))
