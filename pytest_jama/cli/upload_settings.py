"""The settings of an upload from journals: those of their headers, unless flags beat them."""

from __future__ import annotations

import os.path
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.config import Settings, load_from_journal
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import without_user_info
from pytest_jama.journal.folder import FOLDER, shown
from pytest_jama.journal.prior_uploads import server_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.config import Flags, LoadedSettings
    from pytest_jama.journal.record import Recording

_DESTINATION: Mapping[str, Callable[[Settings], object]] = {
    "project": lambda settings: settings.project,
    "plan": lambda settings: str(settings.plan),
    "cycle": lambda settings: str(settings.cycle),
}
"""What must be the same for all journals of an upload; a flag can say which."""

_RULES: Mapping[str, Callable[[Settings], object]] = {
    "verdicts": lambda settings: settings.verdicts.model_dump(mode="json"),
    "drift": lambda settings: settings.drift,
}
"""What must be the same, too, and has no flag."""


def load_for_upload(
    recordings: Sequence[Recording],
    *,
    owned: LoadedSettings,
    flags: Flags,
    environ: Mapping[str, str],
) -> LoadedSettings:
    """Load the settings that the journals agree on, but for the server, which they do not decide.

    Args:
        recordings: The journals; what they may differ in is that of the first one, but for
            `strict` and `map`: one strict session makes the upload strict.
        owned: What `load_owned` found.
        flags: As for `load_settings`.
        environ: The environment, with the credentials.

    Raises:
        SettingsError: With every mistake, or with everything in which they differ.
    """
    first, *others = recordings
    said = [(shown(each.path), each.header.settings) for each in recordings]
    refused = list(_server_problems(said, owned))
    if refused:
        raise SettingsError(*refused)
    loaded = _load(first, owned=owned, flags=flags, environ=environ)
    problems: dict[str, Problem] = {}
    for other in others:
        if other.header.settings != first.header.settings:
            settings = _load(other, owned=owned, flags=flags, environ=environ).settings
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


def find_journal_folder(owned: LoadedSettings) -> Path | None:
    """Return the folder of the journals: as jama.yaml says, else ``.jama`` here, never above.

    Args:
        owned: What `load_owned` found.

    Returns:
        Where the folder is, or what is there instead; None when nothing is there.
    """
    here = Path.cwd() / FOLDER
    candidates = (owned.settings.journal.folder, here) if owned.file else (here,)
    return next(filter(os.path.lexists, candidates), None)


def load_for_reading(
    said: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    owned: LoadedSettings,
    flags: Flags,
    environ: Mapping[str, str],
) -> Settings:
    """Load what is needed to read from the server that records name, whatever they wrote into.

    Args:
        said: The name of each record, and what it says of its server.
        owned: What `load_owned` found.
        flags: As for `load_settings`.
        environ: The environment, with the credentials.

    Raises:
        SettingsError: With every mistake, or with every record of another server.
    """
    refused = list(_server_problems(said, owned))
    if refused:
        raise SettingsError(*refused)
    unused = dict.fromkeys(("project", "plan", "cycle"), "not-used")
    return load_from_journal(unused, owned=owned, environ=environ, flags=flags).settings


def require_jama(settings: Settings, ability: str) -> None:
    """Refuse to ask another kind of server than Jama.

    Args:
        settings: What says which kind it is.
        ability: What only Jama does, as the message ends: ``can be compared``.

    Raises:
        SettingsError: When it is another one.
    """
    if settings.target != "jama":
        what = f"the target is {settings.target!r}, and only Jama {ability}"
        raise SettingsError(Problem(what, "leave `target` out", "setting target"))


def _server_problems(
    said: Iterable[tuple[str, Mapping[str, Any]]], owned: LoadedSettings
) -> Iterator[Problem]:
    """Yield why it is not certain where the credentials may go; a flag makes it certain."""
    ours, origin = owned.settings.url, owned.origins.get("url", "")
    said = list(said)
    for name, settings in said:
        target = settings.get("target")
        if isinstance(target, str) and target != owned.settings.target:
            yield _other_target(target, name, owned)
    if origin.startswith("--"):
        return
    for name, settings in said:
        written = _shown_url(settings.get("url"))
        if not ours:
            yield _no_server(written, name)
            return
        if written and server_of(written) != server_of(ours):
            yield Problem(
                f"url is {written!r}, and {origin} says {ours!r}",
                "a journal does not decide where credentials go; say it with "
                f"--url={ours} or --url={written}",
                name,
            )


def _shown_url(url: object) -> str:
    """Return the URL of a journal without a password; empty when it is none."""
    try:
        return without_user_info(url) if isinstance(url, str) else ""
    except ValueError:
        return "not a URL"


def _other_target(written: str, journal: str, owned: LoadedSettings) -> Problem:
    said = f"{shown(owned.file)} says" if owned.file else "without jama.yaml it is"
    return Problem(
        f"target is {written!r}, and {said} {owned.settings.target!r}",
        f"a journal does not decide which kind of server gets credentials; say `target: {written}` "
        "in jama.yaml, or name the file that says it with --config=FILE",
        journal,
    )


def _no_server(written: str, journal: str) -> Problem:
    example = written or "https://acme.jamacloud.com"
    what = f"its session was for {written}" if written else "its session had no server"
    return Problem(
        f"{what}, but a journal does not decide where credentials go, and nothing else names a "
        "server",
        f"confirm it with --url={example} or JAMA_URL={example}, go to the folder of jama.yaml, or "
        "name that with --config=FILE",
        journal,
    )


def _load(
    recording: Recording,
    *,
    owned: LoadedSettings,
    flags: Flags,
    environ: Mapping[str, str],
) -> LoadedSettings:
    """Load the settings of one header; those that a newer version added are passed over."""
    header = recording.header.settings
    return load_from_journal(
        {name: value for name, value in header.items() if name in Settings.model_fields},
        owned=owned,
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
        if mine != its:
            remedy = (
                f"say with --{name}=... where all of them go, or upload them one by one"
                if name in _DESTINATION
                else "upload them one by one"
            )
            message = f"{name} is {its!r}, and {shown(first.path)} says {mine!r}"
            yield name, Problem(message, remedy, shown(other.path))
