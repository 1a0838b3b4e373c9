"""The kinds of servers, and what differs between them: names of files, variables and flags, words.

Whatever else a kind has is said by the model of its settings, which is imported when it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple

from typing_extensions import TypeVar

from pytest_jama.core.test_ids import OCTANE_FILES, SETTINGS_FILES

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.config.models import Settings, SharedSettings
    from pytest_jama.config.octane_settings import OctaneSettings

AnySettings = TypeVar("AnySettings", bound="SharedSettings", default="Settings")
AnySettings_co = TypeVar(
    "AnySettings_co", bound="SharedSettings", default="Settings", covariant=True
)


class CredentialPair(NamedTuple):
    """Two variables that sign in together.

    Attributes:
        name: The variable of whom; it may be shown.
        secret: The variable of the secret.
        way: What this way to sign in is called.
    """

    name: str
    secret: str
    way: str


@dataclass(frozen=True, eq=False)
class TargetKind(Generic[AnySettings_co]):
    """A kind of server.

    Attributes:
        name: The value of the setting `target`.
        title: What messages call the server.
        files: What its settings file may be called; the first is the usual one.
        destination: The settings that an upload cannot do without.
        variables: What the names of its environment variables begin with.
        flags: What its flags of pytest begin with; those of command lines begin with two hyphens.
        pairs: The ways to sign in; the first that is complete is used.
        example_url: An address, for messages.
        own_headers: Headers that we set ourselves, beside those of all kinds, in lower case.
        free: Settings below which the keys are the user's own.
        ways: How else a setting of `destination` can be given, as the end of a remedy.
        has_all_flags: Whether each front-end has a flag for each setting of `destination`; else a
            message names only those that it has.
        load_model: Returns the model of its settings.
    """

    name: str
    title: str
    files: tuple[str, ...]
    destination: tuple[str, ...]
    variables: str
    flags: str
    pairs: tuple[CredentialPair, ...]
    example_url: str
    own_headers: frozenset[str]
    free: frozenset[tuple[str, ...]]
    ways: dict[str, str]
    has_all_flags: bool
    load_model: Callable[[], type[AnySettings_co]]

    @property
    def file(self) -> str:
        """What its settings file is usually called."""
        return self.files[0]

    @property
    def sign_in_words(self) -> str:
        """The variables to sign in with, for remedies."""
        return ", or ".join(f"{pair.name} and {pair.secret}" for pair in self.pairs)


def _load_jama() -> type[Settings]:
    from pytest_jama.config.models import Settings  # noqa: PLC0415 (pydantic)

    return Settings


def _load_octane() -> type[OctaneSettings]:
    from pytest_jama.config.octane_settings import OctaneSettings  # noqa: PLC0415 (its users alone)

    return OctaneSettings


JAMA: TargetKind[Settings] = TargetKind(
    name="jama",
    title="Jama",
    files=SETTINGS_FILES,
    destination=("url", "project", "plan", "cycle"),
    variables="JAMA_",
    flags="--jama-",
    pairs=(
        CredentialPair("JAMA_CLIENT_ID", "JAMA_CLIENT_SECRET", "OAuth"),
        CredentialPair("JAMA_USERNAME", "JAMA_PASSWORD", "Basic"),
    ),
    example_url="https://acme.jamacloud.com",
    own_headers=frozenset({"x-jama-date-fields-with-time"}),
    free=frozenset({("run", "fields"), ("plan", "fields"), ("cycle", "fields")}),
    ways={},
    has_all_flags=True,
    load_model=_load_jama,
)

_IN_URL = ", or give the browser's address as url: .../ui/?p=1001/1002 names space and workspace"

OCTANE: TargetKind[OctaneSettings] = TargetKind(
    name="octane",
    title="ALM Octane",
    files=OCTANE_FILES,
    destination=("url", "space", "workspace"),
    variables="OCTANE_",
    flags="--octane-",
    pairs=(
        CredentialPair("OCTANE_CLIENT_ID", "OCTANE_CLIENT_SECRET", "API access key"),
        CredentialPair("OCTANE_USER", "OCTANE_PASSWORD", "user"),
    ),
    example_url="https://octane.acme.com/ui/?p=1001/1002",
    own_headers=frozenset({"alm-octane-tech-preview", "hpeclienttype", "hpsso-header-csrf"}),
    free=frozenset({("environment",), ("fields",)}),
    ways={"space": _IN_URL, "workspace": _IN_URL},
    has_all_flags=False,
    load_model=_load_octane,
)

KINDS: tuple[TargetKind[Any], ...] = (JAMA, OCTANE)

SECRET_VARIABLES = frozenset(pair.secret for kind in KINDS for pair in kind.pairs)
"""The variables whose values are never shown and never filled into a setting."""


def kind_of(target: object) -> TargetKind[Any]:
    """Return the kind of a value of the setting `target`, such as a journal has.

    Args:
        target: The value; a target of another distribution has the settings of Jama.
    """
    return next((kind for kind in KINDS if kind.name == target), JAMA)
