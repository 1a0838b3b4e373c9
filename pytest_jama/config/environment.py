"""What the environment gives: credentials and the CI job.

Credentials come from nowhere else, and are hidden wherever values get printed.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple, NoReturn
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pytest_jama.config.interpolation import UnsetError, interpolate
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
        values = {name: value_of(environ, variable) for name, variable in variables.items()}
        if all(values.values()):
            return kind.model_validate(values), ()
        if any(values.values()):
            problems.append(_half_a_pair(variables, values))
            break  # do not sign in as another user because one variable was forgotten
    return None, tuple(problems) or (_NO_CREDENTIALS,)


def value_of(environ: Mapping[str, str], variable: str) -> str:
    """Return a part of the credentials; empty when it is not set."""
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


class CiSystem(NamedTuple):
    """A CI system, as the variables of its jobs tell of it; texts are filled in from these.

    Attributes:
        name: Its name.
        sign: The variable that is set in its jobs only.
        job: The page of the job or run.
        actor: Who started it.
        commit: The commit that it checked out.
        branch: The branch of that.
    """

    name: str
    sign: str
    job: str
    actor: str
    commit: str
    branch: str


CI_SYSTEMS = (
    CiSystem(
        "GitHub Actions",
        sign="GITHUB_ACTIONS",
        job="${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_REPOSITORY}"
        "/actions/runs/${GITHUB_RUN_ID}/attempts/${GITHUB_RUN_ATTEMPT:-1}",
        actor="${GITHUB_TRIGGERING_ACTOR:-${GITHUB_ACTOR}}",
        commit="${GITHUB_SHA}",
        branch="${GITHUB_HEAD_REF:-${GITHUB_REF_NAME}}",
    ),
    CiSystem(
        "GitLab CI",
        sign="GITLAB_CI",
        job="${CI_JOB_URL:-${CI_PIPELINE_URL}}",
        actor="${GITLAB_USER_LOGIN:-${GITLAB_USER_NAME}}",
        commit="${CI_COMMIT_SHA}",
        branch="${CI_COMMIT_REF_NAME}",
    ),
    CiSystem(
        "Azure Pipelines",
        sign="TF_BUILD",
        job="${SYSTEM_COLLECTIONURI:-${SYSTEM_TEAMFOUNDATIONCOLLECTIONURI}}${SYSTEM_TEAMPROJECT}"
        "/_build/results?buildId=${BUILD_BUILDID}",
        actor="${BUILD_REQUESTEDFOR}",
        commit="${BUILD_SOURCEVERSION}",
        branch="${BUILD_SOURCEBRANCHNAME}",
    ),
    CiSystem(
        "Bitbucket Pipelines",
        sign="BITBUCKET_BUILD_NUMBER",
        job="https://bitbucket.org/"
        "${BITBUCKET_REPO_FULL_NAME:-${BITBUCKET_WORKSPACE}/${BITBUCKET_REPO_SLUG}}"
        "/pipelines/results/${BITBUCKET_BUILD_NUMBER}",
        actor="${BITBUCKET_STEP_TRIGGERER_UUID}",
        commit="${BITBUCKET_COMMIT}",
        branch="${BITBUCKET_BRANCH}",
    ),
    CiSystem(
        "CircleCI",
        sign="CIRCLECI",
        job="${CIRCLE_BUILD_URL}",
        actor="${CIRCLE_USERNAME}",
        commit="${CIRCLE_SHA1}",
        branch="${CIRCLE_BRANCH}",
    ),
    CiSystem(
        "TeamCity",
        sign="TEAMCITY_VERSION",
        job="${BUILD_URL}",
        actor="${BUILD_TRIGGERED_BY}",
        commit="${BUILD_VCS_NUMBER}",
        branch="${BUILD_BRANCH}",
    ),
    CiSystem(
        "Jenkins",
        sign="JENKINS_URL",
        job="${BUILD_URL}",
        actor="${BUILD_USER_ID:-${BUILD_USER:-${CHANGE_AUTHOR}}}",
        commit="${GIT_COMMIT}",
        branch="${BRANCH_NAME:-${GIT_BRANCH}}",
    ),
)
"""The systems that are known.

Sources: the pages on predefined variables of each of them.
"""


class CiJob(NamedTuple):
    """What is known of the CI job that this process is in; all empty outside of one.

    Attributes:
        name: The name of the CI system.
        url: The page of the job, without user information.
        actor: Who started it.
        commit: The commit that it checked out.
        branch: The branch of that.
    """

    name: str = ""
    url: str = ""
    actor: str = ""
    commit: str = ""
    branch: str = ""


def find_ci_job(environ: Mapping[str, str]) -> CiJob:
    """Return what the variables of a CI system tell of the job; only the named ones are read."""
    system = next((each for each in CI_SYSTEMS if environ.get(each.sign)), None)
    if system is None:
        return CiJob()

    def look_up(name: str) -> str:
        if not environ.get(name):
            raise UnsetError(name, "")
        return environ[name]

    def fill_in(text: str) -> str:
        try:
            return interpolate(text, look_up).strip()
        except UnsetError:
            return ""

    url = _without_user(fill_in(system.job))
    return CiJob(system.name, url, *map(fill_in, (system.actor, system.commit, system.branch)))


def _without_user(url: str) -> str:
    """Return a URL without user name and password; empty when it is not one of a page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https"):
        return ""
    host = parts.netloc.rpartition("@")[2]
    return quote(parts._replace(netloc=host).geturl(), safe="%/:=&?~#+!$,;'@()*[]")
