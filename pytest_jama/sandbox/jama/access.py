"""Who may use the API at all, and what the others are told."""

from collections.abc import Callable

from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.model import ApiError

READ_ONLY_VERBS = ("GET", "HEAD", "OPTIONS")
_NOT_LISTED = "This user is not permitted to use the API"
"""Source: a page of Jama's support (2025): whom the REST API access control does not list."""


def check_server(knobs: Knobs) -> None:
    """Refuse everybody during maintenance. Source: a client of Jama's reads 429 so."""
    if knobs.access == "maintenance":
        raise ApiError(429, "The system is under maintenance. Please try again later.")


def check_account(knobs: Knobs, method: str) -> None:
    """Refuse an account whose credentials are right, as the knobs say."""
    check_server(knobs)
    refusal = _REFUSALS.get(knobs.access)
    if refusal is not None:
        raise refusal(knobs)
    if knobs.access == "read_only" and method not in READ_ONLY_VERBS:
        raise ApiError(403, "This user has read permission only in this project")


def _words(knobs: Knobs) -> str:
    if knobs.licence == "NAMED":
        return _NOT_LISTED
    return (
        "The REST API requires a Named Creator license; the license of this user is "
        f"{knobs.licence}"
    )


def _unauthorized(knobs: Knobs) -> ApiError:
    """Source: notes of people in use: a missing license was met as 401, in OAuth's own form."""
    words = _words(knobs)
    return ApiError(401, words, body={"error": "unauthorized", "error_description": words})


def _forbidden(knobs: Knobs) -> ApiError:
    """Source: the page of support shows this body as a whole."""
    words = _words(knobs)
    return ApiError(403, words, body={"meta": {"status": "Forbidden", "message": words}})


def _locked(_: Knobs) -> ApiError:
    """Source: Jama support: too many wrong passwords lock the account."""
    return ApiError(403, "This account has been locked after too many failed login attempts")


_REFUSALS: dict[str, Callable[[Knobs], ApiError]] = {
    "401": _unauthorized,
    "403": _forbidden,
    "locked": _locked,
}
