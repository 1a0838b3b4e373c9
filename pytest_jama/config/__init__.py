"""The settings: declared in `models`, loaded from flags, environment and jama.yaml by `loading`.

The way of a value: `yaml_file` (YAML to text with lines) -> `interpolation` -> `layers` (flags and
variables on top, validation by `models` and `types`, origins) -> `LoadedSettings`. Whatever is
wrong on that way becomes a `Problem`; `mistakes` and `yaml_errors` hold the sentences.

Importing this package imports pydantic; yaml is imported when there is a file to read.
"""

from pytest_jama.config.environment import BasicCredentials, Credentials, OAuthCredentials
from pytest_jama.config.exposure import describe_exposure
from pytest_jama.config.layers import Flags
from pytest_jama.config.loading import (
    LoadedSettings,
    find_file,
    find_redactor,
    load_from_journal,
    load_owned,
    load_settings,
    ways_to_find_again,
)
from pytest_jama.config.lock_file import config_digests, with_lock
from pytest_jama.config.models import (
    JunitSettings,
    RunSettings,
    Settings,
    TlsSettings,
    UploadSettings,
)
from pytest_jama.config.place_settings import CycleSettings, PlanSettings
from pytest_jama.config.verdict_settings import VerdictSettings

__all__ = [
    "BasicCredentials",
    "Credentials",
    "CycleSettings",
    "Flags",
    "JunitSettings",
    "LoadedSettings",
    "OAuthCredentials",
    "PlanSettings",
    "RunSettings",
    "Settings",
    "TlsSettings",
    "UploadSettings",
    "VerdictSettings",
    "config_digests",
    "describe_exposure",
    "find_file",
    "find_redactor",
    "load_from_journal",
    "load_owned",
    "load_settings",
    "ways_to_find_again",
    "with_lock",
]
