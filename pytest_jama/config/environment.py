"""What the environment gives: credentials and the CI job.

Credentials come from nowhere else, and are hidden wherever values get printed.
"""

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pytest_jama.config.interpolation import UnsetError, interpolate
from pytest_jama.config.kinds import JAMA, CredentialPair, TargetKind
from pytest_jama.core.errors import Problem

if TYPE_CHECKING:
    from pytest_jama.config.models import SharedSettings


class SignIn(BaseModel):
    """Credentials of one way to sign in: whose they are, then the secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("credentials are not pickled: they would be readable in plain text")

    @classmethod
    def parts(cls) -> tuple[str, ...]:
        """Return the names of the two parts, as they are sent."""
        return tuple(name for name in cls.model_fields if name != "kind")


class OAuthCredentials(SignIn):
    """A pair of API credentials, made in the user's profile; exchanged for a token."""

    kind: Literal["oauth"] = "oauth"
    client_id: str = Field(description="Client ID of the API credentials (OAuth).")
    client_secret: SecretStr = Field(description="Client secret of the API credentials (OAuth).")


class BasicCredentials(SignIn):
    """User name and password; does not work where single sign-on is enabled."""

    kind: Literal["basic"] = "basic"
    username: str = Field(description="User name (Basic authentication).")
    password: SecretStr = Field(description="Password (Basic authentication).")


Credentials = OAuthCredentials | BasicCredentials


def find_credentials(
    environ: Mapping[str, str], kind: TargetKind[Any] = JAMA
) -> tuple[Any, tuple[Problem, ...]]:
    """Take the credentials from the environment; an empty variable counts as unset.

    Args:
        environ: The environment.
        kind: The kind of server.

    Returns:
        The credentials by the first pair of the kind that is there, or None and what is missing.
    """
    pair, problems = find_pair(environ, kind)
    if pair is None:
        return None, problems
    model = kind.load_model().sign_ins[kind.pairs.index(pair)]
    values = (value_of(environ, pair.name), value_of(environ, pair.secret))
    return model.model_validate(dict(zip(model.parts(), values, strict=True))), ()


def find_pair(
    environ: Mapping[str, str], kind: TargetKind[Any]
) -> tuple[CredentialPair | None, tuple[Problem, ...]]:
    """Return the variables of the credentials that are used, or None and what is missing.

    Args:
        environ: The environment.
        kind: The kind of server.
    """
    for pair in kind.pairs:
        name, secret = value_of(environ, pair.name), value_of(environ, pair.secret)
        if name and secret:
            return pair, ()
        if name or secret:  # do not sign in as another user because one variable was forgotten
            is_given, is_not = pair[:2] if name else (pair.secret, pair.name)
            return None, (_half_a_pair(is_given, is_not),)
    return None, (_no_credentials(kind),)


def lacks_credentials(environ: Mapping[str, str], kind: TargetKind[Any]) -> bool:
    """Return whether no part of any credentials is set; half a pair is a mistake, not a lack.

    Args:
        environ: The environment.
        kind: The kind of server.
    """
    variables = (name for pair in kind.pairs for name in (pair.name, pair.secret))
    return not any(value_of(environ, each) for each in variables)


def keeps_without_credentials(settings: "SharedSettings", environ: Mapping[str, str]) -> bool:
    """Return whether journals are kept unsent: there are no credentials, and that may be."""
    may_be = settings.upload.no_credentials == "journal"
    return may_be and lacks_credentials(environ, settings.kind)


def value_of(environ: Mapping[str, str], variable: str) -> str:
    """Return a part of the credentials; empty when it is not set."""
    # a secret that was read from a file often ends with a line break
    value = environ.get(variable, "").strip("\r\n")
    return "" if _UNFILLED.fullmatch(value) else value


_UNFILLED = re.compile(r"\$\([A-Za-z_][\w.]*\)", re.ASCII)
"""What Azure Pipelines leaves of ``env: {NAME: $(VARIABLE)}`` when a job has no such variable, as
one for the pull request of a fork has no secret ones.

Source: "Define variables" of Azure Pipelines: an unknown macro stays as it is.
"""


def _half_a_pair(present: str, absent: str) -> Problem:
    return Problem(
        message=f"{present} is set, but {absent} is not",
        remedy=f"set {absent} too",
        origin=f"environment {present}",
    )


def _no_credentials(kind: TargetKind[Any]) -> Problem:
    ways = ", or ".join(f"{pair.name} and {pair.secret} ({pair.way})" for pair in kind.pairs)
    return Problem(
        message=f"no credentials for {kind.title}",
        remedy=f"set {ways}; in CI as masked secrets",
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
        summary: The variable of the file that becomes the summary of the job.
        outputs: The variable of the file that takes values for later steps.
        scratch: The variable of a folder, for a summary that a command names.
        commands: The form of the commands that it takes from what a job prints, see `ci_output`.
    """

    name: str
    sign: str
    job: str
    actor: str
    commit: str
    branch: str
    summary: str = ""
    outputs: str = ""
    scratch: str = ""
    commands: str = ""


CI_SYSTEMS = (
    CiSystem(
        "GitHub Actions",
        sign="GITHUB_ACTIONS",
        job="${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_REPOSITORY}"
        "/actions/runs/${GITHUB_RUN_ID}/attempts/${GITHUB_RUN_ATTEMPT:-1}",
        actor="${GITHUB_TRIGGERING_ACTOR:-${GITHUB_ACTOR}}",
        commit="${GITHUB_SHA}",
        branch="${GITHUB_HEAD_REF:-${GITHUB_REF_NAME}}",
        summary="GITHUB_STEP_SUMMARY",
        outputs="GITHUB_OUTPUT",
        commands="github",
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
        scratch="AGENT_TEMPDIRECTORY",
        commands="azure",
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
        commands="teamcity",
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


def find_ci_system(environ: Mapping[str, str]) -> CiSystem | None:
    """Return the CI system that this process runs in, if one is known."""
    return next((each for each in CI_SYSTEMS if environ.get(each.sign)), None)


class JobPage(NamedTuple):
    """How a CI job can be told of a session.

    Attributes:
        commands: The form of its commands, see `CiSystem`; empty when it takes none.
        summary: The file of the summary; empty when there is none.
        outputs: The file of values for later steps; empty when there is none.
        is_wanted: Whether anything is to be told, or written beside it.
    """

    commands: str = ""
    summary: str = ""
    outputs: str = ""
    is_wanted: bool = False


def find_job_page(
    environ: Mapping[str, str], settings: "SharedSettings", *, session: str
) -> JobPage:
    """Return how the CI job may be told, if this is one.

    What imitates a CI system may set the variable of a file alone.

    Args:
        environ: The environment.
        settings: What is wanted.
        session: The name of the session, so that no other one writes the same file.
    """
    system = find_ci_system(environ)
    summary, outputs = (
        next(filter(None, map(environ.get, names)), "") or ""
        for names in (
            [each.summary for each in CI_SYSTEMS if each.summary],
            [each.outputs for each in CI_SYSTEMS if each.outputs],
        )
    )
    folder = environ.get(system.scratch, "") if system and system.scratch else ""
    if folder and session and not summary:
        summary = os.path.join(folder, f"pytest-jama-{session}.md")  # noqa: PTH118 (as its system)
    report, values = settings.report, settings.outputs
    page = JobPage(
        commands=system.commands if system else "",
        summary=summary if report.summary == "auto" else "",
        outputs=outputs if values.ci == "auto" else "",
    )
    return page._replace(is_wanted=bool(any(page) or report.files or values.files))


def find_ci_job(environ: Mapping[str, str]) -> CiJob:
    """Return what the variables of a CI system tell of the job; only the named ones are read."""
    system = find_ci_system(environ)
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
