"""The settings of an upload from journals: those of their headers, unless flags beat them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.config import Settings, load_from_journal, load_settings
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.journal.prior_uploads import server_of
from pytest_jama.journal.select import find_folder, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_jama.config import Flags, LoadedSettings
    from pytest_jama.journal.record import Recording

_DESTINATION: Mapping[str, Callable[[Settings], object]] = {
    "url": lambda settings: settings.url,
    "project": lambda settings: settings.project,
    "plan": lambda settings: str(settings.plan),
    "cycle": lambda settings: str(settings.cycle),
}
"""What must be the same for all journals of an upload; a flag can say which."""

_RULES: Mapping[str, Callable[[Settings], object]] = {
    "target": lambda settings: settings.target,
    "verdicts": lambda settings: settings.verdicts.model_dump(mode="json"),
    "drift": lambda settings: settings.drift,
}
"""What must be the same, too, and has no flag."""


def load_for_upload(
    recordings: Sequence[Recording],
    *,
    flags: Flags,
    environ: Mapping[str, str],
) -> LoadedSettings:
    """Load the settings that the journals agree on.

    Args:
        recordings: The journals; what they may differ in is that of the first one, but for
            `strict` and `map`: one strict session makes the upload strict.
        flags: As for `load_settings`.
        environ: The environment, with the credentials.

    Raises:
        SettingsError: With every mistake, or with everything in which they differ.
    """
    first, *others = recordings
    loaded = _load(first, flags=flags, environ=environ)
    problems: dict[str, Problem] = {}
    for other in others:
        if other.header.settings != first.header.settings:
            settings = _load(other, flags=flags, environ=environ).settings
            for name, problem in _differences(first, loaded.settings, other, settings):
                problems.setdefault(name, problem)
    if problems:
        raise SettingsError(*problems.values())
    stricter: dict[str, object] = {}
    if any(each.header.settings.get("strict") for each in recordings):
        stricter["strict"] = True
    maps = (each.header.settings.get("map") for each in recordings)
    if any(isinstance(each, dict) and each.get("unmatched") == "fail" for each in maps):
        stricter["map"] = loaded.settings.map.model_copy(update={"unmatched": "fail"})
    return replace(loaded, settings=loaded.settings.model_copy(update=stricter))


def describe_run_differences(recordings: Sequence[Recording]) -> str:
    """Say when sessions want other things written into their runs; empty when they do not."""
    first, *others = recordings
    wanted = first.header.settings.get("run")
    if all(other.header.settings.get("run") == wanted for other in others):
        return ""
    return f"the journals differ in the setting run; that of {shown(first.path)} counts"


def find_journal_folder(
    *,
    config: Path | None,
    flags: Flags,
    environ: Mapping[str, str],
) -> Path | None:
    """Return the folder of the journals: as jama.yaml says, else ``.jama`` here or above.

    Args:
        config: The file that the user named.
        flags: As for `load_settings`.
        environ: The environment.

    Raises:
        SettingsError: When jama.yaml is wrong; not when there are journals where it may be wrong
            in what only the session knew, such as a variable of its CI job.
    """
    start = Path.cwd()
    try:
        loaded = load_settings(
            start=start,
            file=config,
            flags=flags,
            environ=environ,
            needs_target=False,
            unused=Settings.model_fields.keys() - {"journal"},
            flag_prefix="--",
        )
    except SettingsError:
        folder = find_folder(start)
        if config is not None or folder is None:
            raise
        return folder
    return loaded.settings.journal.folder if loaded.file else find_folder(start)


def _load(
    recording: Recording,
    *,
    flags: Flags,
    environ: Mapping[str, str],
) -> LoadedSettings:
    """Load the settings of one header; those that a newer version added are passed over."""
    header = recording.header.settings
    return load_from_journal(
        {name: value for name, value in header.items() if name in Settings.model_fields},
        environ=environ,
        flags=flags,
        label=shown(recording.path),
    )


def _differences(
    first: Recording,
    wanted: Settings,
    other: Recording,
    settings: Settings,
) -> Iterator[tuple[str, Problem]]:
    """Yield the settings in which two journals differ, by name."""
    for name, value in {**_DESTINATION, **_RULES}.items():
        mine, its = value(wanted), value(settings)
        if mine != its and not (name == "url" and server_of(str(mine)) == server_of(str(its))):
            remedy = (
                f"say with --{name}=... where all of them go, or upload them one by one"
                if name in _DESTINATION
                else "upload them one by one"
            )
            message = f"{name} is {its!r}, and {shown(first.path)} says {mine!r}"
            yield name, Problem(message, remedy, shown(other.path))
