"""The settings: declared in `models`, loaded from flags, environment and a file by `loading`.

What differs between the kinds of servers is in `kinds`; the settings of Octane are imported where
they are used.

The way of a value: `yaml_file` (YAML to text with lines) -> `interpolation` -> `layers` (flags and
variables on top, validation by `models` and `types`, origins) -> `LoadedSettings`. Whatever is
wrong on that way becomes a `Problem`; `mistakes` and `yaml_errors` hold the sentences.

Importing this package imports pydantic; yaml is imported when there is a file to read.
"""

from pytest_jama.config.effective_values import LoadedSettings
from pytest_jama.config.environment import (
    BasicCredentials,
    Credentials,
    OAuthCredentials,
    find_job_page,
    keeps_without_credentials,
)
from pytest_jama.config.exposure import describe_exposure
from pytest_jama.config.journal_settings import UploadSettings
from pytest_jama.config.kinds import JAMA, OCTANE, TargetKind, kind_of
from pytest_jama.config.layers import Flags
from pytest_jama.config.loading import (
    find_redactor,
    load_from_journal,
    load_owned,
    load_settings,
)
from pytest_jama.config.lock_file import config_digests, with_lock
from pytest_jama.config.models import (
    JunitSettings,
    RunSettings,
    Settings,
    SharedSettings,
    TlsSettings,
)
from pytest_jama.config.place_settings import CycleSettings, PlanSettings
from pytest_jama.config.settings_files import (
    find_file,
    find_kind_by_variable,
    find_kinds,
    ways_to_find_again,
)
from pytest_jama.config.verdict_settings import VerdictSettings

__all__ = [
    "JAMA",
    "OCTANE",
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
    "SharedSettings",
    "TargetKind",
    "TlsSettings",
    "UploadSettings",
    "VerdictSettings",
    "config_digests",
    "describe_exposure",
    "find_file",
    "find_job_page",
    "find_kind_by_variable",
    "find_kinds",
    "find_redactor",
    "keeps_without_credentials",
    "kind_of",
    "load_from_journal",
    "load_owned",
    "load_settings",
    "ways_to_find_again",
    "with_lock",
]
