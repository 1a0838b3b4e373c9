"""Credentials: from the environment only, and hidden wherever values get printed."""

from collections.abc import Mapping
from typing import Annotated, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pytest_jama.config.types import Given, find_metadata
from pytest_jama.core.errors import Problem


class _Credentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("credentials are not pickled: they would be readable in plain text")


class OAuthCredentials(_Credentials):
    """A pair of API credentials, made in the user's profile; exchanged for a token."""

    kind: Literal["oauth"] = "oauth"
    client_id: Annotated[str, Given("JAMA_CLIENT_ID")] = Field(
        description="Client ID of the API credentials (OAuth).",
    )
    client_secret: Annotated[SecretStr, Given("JAMA_CLIENT_SECRET")] = Field(
        description="Client secret of the API credentials (OAuth).",
    )


class BasicCredentials(_Credentials):
    """User name and password; does not work where single sign-on is enabled."""

    kind: Literal["basic"] = "basic"
    username: Annotated[str, Given("JAMA_USERNAME")] = Field(
        description="User name (Basic authentication).",
    )
    password: Annotated[SecretStr, Given("JAMA_PASSWORD")] = Field(
        description="Password (Basic authentication).",
    )


Credentials = OAuthCredentials | BasicCredentials

KINDS: tuple[type[OAuthCredentials | BasicCredentials], ...] = (OAuthCredentials, BasicCredentials)
"""The kinds of credentials; the first that is complete is used."""


def variables_of(kind: type[BaseModel]) -> dict[str, str]:
    """Return the environment variable of each field that has one."""
    declared = {name: find_metadata(field, Given) for name, field in kind.model_fields.items()}
    return {name: given.variable for name, given in declared.items() if given}


CREDENTIAL_VARIABLES: Mapping[str, str] = {
    name: variable for kind in KINDS for name, variable in variables_of(kind).items()
}
"""The environment variable of each part of the credentials."""

SECRET_VARIABLES = frozenset(
    CREDENTIAL_VARIABLES[name]
    for kind in KINDS
    for name, field in kind.model_fields.items()
    if field.annotation is SecretStr
)
"""The variables whose values are never shown and never filled into a setting."""


def find_credentials(environ: Mapping[str, str]) -> tuple[Credentials | None, tuple[Problem, ...]]:
    """Take the credentials from the environment; an empty variable counts as unset.

    Returns:
        The credentials, OAuth before Basic, or None and what is missing.
    """
    problems = []
    for kind in KINDS:
        variables = variables_of(kind)
        values = {name: _value(environ, variable) for name, variable in variables.items()}
        if all(values.values()):
            return kind.model_validate(values), ()
        if any(values.values()):
            problems.append(_half_a_pair(variables, values))
            break  # do not sign in as another user because one variable was forgotten
    return None, tuple(problems) or (_NO_CREDENTIALS,)


def _value(environ: Mapping[str, str], variable: str) -> str:
    # a secret that was read from a file often ends with a line break
    return environ.get(variable, "").strip("\r\n")


def _half_a_pair(variables: Mapping[str, str], values: Mapping[str, str]) -> Problem:
    present = next(variables[name] for name, value in values.items() if value)
    absent = next(variables[name] for name, value in values.items() if not value)
    return Problem(
        message=f"{present} is set, but {absent} is not",
        remedy=f"set {absent} too",
        origin=f"environment {present}",
    )


_NO_CREDENTIALS = Problem(
    message="no credentials for Jama",
    remedy="set "
    + ", or ".join(
        f"{' and '.join(variables_of(kind).values())} ({name})"
        for kind, name in zip(KINDS, ("OAuth", "Basic"), strict=True)
    )
    + "; in CI as masked secrets",
    origin="environment",
)
