"""The settings of an upload from journals: those of their headers, unless flags beat them."""

from __future__ import annotations

import os.path
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.config import JAMA, Settings, kind_of, load_from_journal
from pytest_jama.config.kinds import KINDS
from pytest_jama.config.layers import overridable
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import without_user_info
from pytest_jama.journal.folder import FOLDER, shown
from pytest_jama.journal.prior_uploads import server_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.config import Flags, LoadedSettings, SharedSettings, TargetKind
    from pytest_jama.config.kinds import AnySettings
    from pytest_jama.journal.record import Recording

_RULES: Mapping[str, tuple[str, ...]] = {
    "jama": ("verdicts", "drift"),
    "octane": (
        *("release", "milestone", "modules", "environment", "fields"),
        *("suite", "build", "skip_errors"),
    ),
}
"""What must be the same for all journals of an upload beside their destination, which a flag can
say; by kind of server."""


_NOT_USED = dict.fromkeys(("project", "plan", "cycle"), "not-used")
"""What Jama is read without; its settings cannot do without it."""


def require_one_kind(recordings: Iterable[Recording]) -> TargetKind[Any] | None:
    """Return the kind of server that journals are for; None without any.

    Raises:
        SettingsError: When they are for several: each has its own settings and credentials.
    """
    found: dict[TargetKind[Any], Recording] = {}
    for each in recordings:
        found.setdefault(kind_of(each.header.settings.get("target")), each)
    if len(found) > 1:
        (first, one), (second, other) = list(found.items())[:2]
        what = f"is for {second.title}, and {shown(one.path)} is for {first.title}"
        remedy = "name the journals of one kind of server at a time"
        raise SettingsError(Problem(what, remedy, shown(other.path)))
    return next(iter(found), None)


def load_for_upload(
    recordings: Sequence[Recording],
    *,
    owned: LoadedSettings[SharedSettings],
    flags: Flags,
    environ: Mapping[str, str],
) -> LoadedSettings[SharedSettings]:
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
    refused = [*_server_problems(said, owned), *_flags_of_others(flags, owned.settings.kind)]
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
    for name in ("run", "report_url"):
        wanted = first.header.settings.get(name)
        if any(other.header.settings.get(name) != wanted for other in others):
            return f"the journals differ in the setting {name}; that of {shown(first.path)} counts"
    return ""


def find_journal_folder(owned: LoadedSettings[SharedSettings]) -> Path | None:
    """Return the folder of the journals: as the settings say, else ``.jama`` here, never above.

    Args:
        owned: What `load_owned` found.

    Returns:
        Where the folder is, or what is there instead; None when nothing is there.
    """
    here = Path.cwd() / FOLDER
    return next(filter(os.path.lexists, (owned.settings.journal.folder, here)), None)


def load_for_reading(
    said: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    owned: LoadedSettings[AnySettings],
    flags: Flags,
    environ: Mapping[str, str],
    where: Mapping[str, str] = _NOT_USED,
) -> AnySettings:
    """Load what is needed to read from the server that records name, whatever they wrote into.

    Args:
        said: The name of each record, and what it says of its server.
        owned: What `load_owned` found.
        flags: As for `load_settings`.
        environ: The environment, with the credentials.
        where: The settings of the journals that say where the server has what is read.

    Raises:
        SettingsError: With every mistake, or with every record of another server.
    """
    refused = list(_server_problems(said, owned))
    if refused:
        raise SettingsError(*refused)
    return load_from_journal(where, owned=owned, environ=environ, flags=flags).settings


def require_jama(settings: SharedSettings, ability: str) -> Settings:
    """Refuse to ask another kind of server than Jama; return the settings, which are Jama's.

    Args:
        settings: What says which kind it is.
        ability: What only Jama does, as the message ends: ``can be compared``.

    Raises:
        SettingsError: When it is another one.
    """
    if isinstance(settings, Settings) and settings.target == "jama":
        return settings
    what = f"the target is {settings.target!r}, and only Jama {ability}"
    is_jama = isinstance(settings, Settings)
    remedy = "leave `target` out" if is_jama else "name a journal or settings file for Jama"
    raise SettingsError(Problem(what, remedy, "setting target"))


def _server_problems(
    said: Iterable[tuple[str, Mapping[str, Any]]], owned: LoadedSettings[SharedSettings]
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
            yield _no_server(written, name, owned.settings.kind)
            return
        if written and server_of(written) != server_of(ours):
            yield Problem(
                f"url is {written!r}, and {origin} says {ours!r}",
                "a journal does not decide where credentials go; say it with "
                f"--url={ours} or --url={written}",
                name,
            )


def _flags_of_others(flags: Flags, kind: TargetKind[Any]) -> Iterator[Problem]:
    """Yield the flags for settings that only another kind of server has than that of journals."""
    for other in KINDS:
        for name, given in overridable(other).items():
            is_given = flags.get(name) not in (None, False)
            if is_given and name not in overridable(kind):
                what = f"is a flag for {other.title}, and the journals are for {kind.title}"
                yield Problem(what, "leave it out", f"--{given.option}")


def _shown_url(url: object) -> str:
    """Return the URL of a journal without a password; empty when it is none."""
    try:
        return without_user_info(url) if isinstance(url, str) else ""
    except ValueError:
        return "not a URL"


def _other_target(written: str, journal: str, owned: LoadedSettings[SharedSettings]) -> Problem:
    kind = kind_of(written)
    said = f"{shown(owned.file)} says" if owned.file else f"without {kind.file} it is"
    place = f"say `target: {written}` in {kind.file}, or name the file that says it"
    if kind is not owned.settings.kind:
        place = f"go to the folder of {kind.file}, or name it"
    return Problem(
        f"target is {written!r}, and {said} {owned.settings.target!r}",
        f"a journal does not decide which kind of server gets credentials; {place} "
        "with --config=FILE",
        journal,
    )


def _no_server(written: str, journal: str, kind: TargetKind[Any]) -> Problem:
    example = written or kind.example_url
    what = f"its session was for {written}" if written else "its session had no server"
    return Problem(
        f"{what}, but a journal does not decide where credentials go, and nothing else names a "
        "server",
        f"confirm it with --url={example} or {kind.variables}URL={example}, go to the folder of "
        f"{kind.file}, or name that with --config=FILE",
        journal,
    )


def _load(
    recording: Recording,
    *,
    owned: LoadedSettings[SharedSettings],
    flags: Flags,
    environ: Mapping[str, str],
) -> LoadedSettings[SharedSettings]:
    """Load the settings of one header; those that a newer version added are passed over."""
    header = recording.header.settings
    fields = type(owned.settings).model_fields
    known = {*fields, *(field.alias for field in fields.values())}
    return load_from_journal(
        {name: value for name, value in header.items() if name in known},
        owned=owned,
        environ=environ,
        flags=flags,
        label=shown(recording.path),
    )


def _differences(
    first: Recording,
    wanted: SharedSettings,
    other: Recording,
    settings: SharedSettings,
) -> Iterator[tuple[str, Problem]]:
    """Yield the settings in which two journals differ, by name."""
    _, *places = wanted.kind.destination  # the first one is the URL
    for name in (*places, *_RULES[wanted.kind.name]):
        mine, its = _plain(wanted, name), _plain(settings, name)
        if mine != its:
            remedy = (
                f"say with --{name}=... where all of them go, or upload them one by one"
                if wanted.kind is JAMA and name in places
                else "upload them one by one"
            )
            message = f"{name} is {its!r}, and {shown(first.path)} says {mine!r}"
            yield name, Problem(message, remedy, shown(other.path))


def _plain(settings: SharedSettings, name: str) -> object:
    """Return a setting as it is compared: of a place its name, not how it is made."""
    value = getattr(settings, name)
    if name in settings.kind.destination:
        return str(value)
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
