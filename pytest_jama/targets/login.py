"""Ways to log in, as auth objects of `requests`; with a password here, with a token in `oauth`.

Nothing here shows a secret: neither in a repr nor in a variable of a frame.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from requests.auth import AuthBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests import PreparedRequest


class Login(AuthBase):
    """What an HTTP connection needs to know of a way to log in.

    Args:
        remedy: What the user can do when the server does not accept it.
    """

    def __init__(self, *, remedy: str) -> None:
        self.remedy = remedy

    def renew(self, refused: PreparedRequest) -> bool:
        """Get fresh credentials because a request was answered with 401.

        Args:
            refused: The request, as it was sent.

        Returns:
            Whether another attempt makes sense.
        """
        del refused
        return False

    def secrets(self) -> Iterator[str]:
        """Yield what must not be shown, should the server repeat it."""
        yield from ()


class BasicLogin(Login):
    """User name and password, or client ID and client secret, sent with each request.

    Args:
        name: The user name or client ID.
        read_secret: Returns the password or client secret.
        remedy: What the user can do when the server does not accept them.
    """

    def __init__(self, name: str, read_secret: Callable[[], str], *, remedy: str) -> None:
        super().__init__(remedy=remedy)
        self._name = name
        self._read_secret = read_secret

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header; as UTF-8, since `requests` itself stops at non-Latin passwords."""
        request.headers["Authorization"] = f"Basic {self._pair()}"
        return request

    def secrets(self) -> Iterator[str]:
        """Yield the password or client secret, alone and as the header has it."""
        yield self._read_secret()
        yield self._pair()

    def _pair(self) -> str:
        return base64.b64encode(f"{self._name}:{self._read_secret()}".encode()).decode("ascii")
