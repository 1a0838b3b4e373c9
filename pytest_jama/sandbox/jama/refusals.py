"""The one exception that becomes an error envelope."""


class ApiError(Exception):
    """A request that Jama would refuse.

    Args:
        status: HTTP status of the answer.
        message: What is wrong and what to do; it ends up in `meta.message`.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def bad_request(message: str) -> ApiError:
    """Return the refusal of a body, a field or a rule."""
    return ApiError(400, message)


def not_found(what: str, identifier: object) -> ApiError:
    """Return the refusal of an ID that does not exist (for that kind)."""
    return ApiError(404, f"there is no {what} with the ID {identifier}")
