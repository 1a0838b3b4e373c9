"""Loading: file, variables and flags become settings, or every mistake at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.config.effective_values import LoadedSettings
from pytest_jama.config.environment import lacks_credentials
from pytest_jama.config.kinds import JAMA, AnySettings, TargetKind
from pytest_jama.config.layers import Layer, OfferedFlags, find_overrides, resolve
from pytest_jama.config.limits import surprises_told
from pytest_jama.config.redact_settings import find_secrets
from pytest_jama.config.settings_files import choose_file, label_of
from pytest_jama.config.types import Surroundings
from pytest_jama.config.variables import Variables, fill_in_user, utc_now
from pytest_jama.core.errors import SettingsError
from pytest_jama.core.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from pytest_jama.config.interpolation import Lookup
    from pytest_jama.config.layers import Flags, Override
    from pytest_jama.config.models import SharedSettings


def load_settings(
    *,
    start: Path,
    file: Path | None,
    flags: Flags,
    environ: Mapping[str, str],
    needs_target: bool = True,
    may_keep: bool = False,
    unused: Collection[str] = (),
    kind: TargetKind[AnySettings] = JAMA,  # type: ignore[assignment]  # the default of its type, too
    flag_prefix: str = "",
    clock: Callable[[], datetime] = utc_now,
) -> LoadedSettings[AnySettings]:
    """Load the settings, offline. Flags beat the environment, that beats the file.

    Args:
        start: Where to look for the settings file, then further up; messages name files relative
            to it.
        file: The file to read instead.
        flags: What the flags say, by setting: ``{"plan": "Release 1"}``.
        environ: The environment.
        needs_target: False when nothing will be sent: then the server, the place and the
            credentials may be missing.
        may_keep: The same where there are no credentials, and `upload.no_credentials` says so.
        unused: Settings of the top level that are left out when a variable in them is unset.
        kind: The kind of server.
        flag_prefix: What flags begin with in this front-end, for messages; as in pytest without it.
        clock: Returns the time in UTC; called at most once.

    Raises:
        SettingsError: With every mistake.
    """
    prefix = flag_prefix or kind.flags

    with surprises_told(label_of(file, start) if file else kind.file):
        read, is_kept = _read_or_keep(
            partial(
                _read,
                start=start,
                file=file,
                overrides=find_overrides(flags, environ, prefix=prefix, kind=kind),
                environ=environ,
                kind=kind,
                offered=OfferedFlags(prefix, flags),
                clock=cache(clock),
            ),
            unused,
            may_keep=needs_target and may_keep and lacks_credentials(environ, kind),
        )
        layer = read.layer
        page = {} if not layer.is_readable else kind.load_model().said_by_job(environ)
        loaded = _loaded(
            replace(read, layer=replace(layer, values={**page, **layer.values})),
            environ=environ,
            checks_files=needs_target and not is_kept,
            kind=kind,
        )
        return replace(loaded, is_kept=is_kept)


def _read_or_keep(
    read: Callable[..., _ReadFile], unused: Collection[str], *, may_keep: bool
) -> tuple[_ReadFile, bool]:
    """Return what is read, and whether nothing can be sent: then no server need be known."""
    if may_keep:
        kept = read(unused=("url", "headers", *unused))
        upload = kept.layer.values.get("upload")
        if isinstance(upload, dict) and upload.get("no_credentials") == "journal":
            return kept, True
    return read(unused=unused), False


@dataclass(frozen=True)
class _ReadFile:
    """What was read of a settings file, before it is validated."""

    file: Path | None
    is_named: bool
    folder: Path
    layer: Layer
    overrides: Mapping[str, Override]
    lookup: Lookup
    offered: OfferedFlags


def _read(
    *,
    start: Path,
    file: Path | None,
    overrides: Mapping[str, Override],
    environ: Mapping[str, str],
    unused: Collection[str],
    kind: TargetKind[Any],
    offered: OfferedFlags,
    clock: Callable[[], datetime] = utc_now,
) -> _ReadFile:
    is_named = file is not None
    file, ambiguity = choose_file(start, file, kind)
    folder = (file.parent if file else start).absolute()
    lookup = Variables(environ, folder, clock).look_up
    layer = Layer(f"{kind.file} (not found)", {}, find_origin=lambda _: f"{kind.file} (not found)")
    if file is not None:
        from pytest_jama.config.yaml_file import read_file_layer  # noqa: PLC0415 (yaml)

        layer = read_file_layer(
            file,
            label=label_of(file, start),
            named_by="" if is_named else f"{offered.prefix}config",
            lookup=lookup,
            overridden=overrides,
            unused=unused,
            kind=kind,
        )
    layer = replace(layer, problems=(*ambiguity, *layer.problems))
    return _ReadFile(file, is_named, folder, layer, overrides, lookup, offered)


def _loaded(
    read: _ReadFile,
    *,
    environ: Mapping[str, str],
    checks_files: bool,
    kind: TargetKind[AnySettings],
) -> LoadedSettings[AnySettings]:
    settings, origins, find_origin = resolve(
        read.layer,
        overrides=read.overrides,
        environ=environ,
        lookup=read.lookup,
        surroundings=Surroundings(read.folder, checks_files=checks_files, kind=kind),
        offered=read.offered,
    )
    return LoadedSettings(
        settings,
        origins,
        read.file,
        is_named=read.is_named,
        map_files=read.layer.map_files,
        find_origin=find_origin,
    )


OWNED = frozenset(
    {"url", "target", "tls", "headers", "journal", "upload", "redact", "report", "outputs"}
)
"""The settings that a journal has no say in: where credentials go and how, what is hidden on this
machine, and which files are written here. What a session found, and by which rules, it says."""

_MAY_BE_MISSING = frozenset({"target", "upload", "redact", "report", "outputs"})
"""Those that are left out when a variable of another CI job is in them."""


def load_owned(
    *,
    start: Path,
    file: Path | None,
    flags: Flags,
    environ: Mapping[str, str],
    kind: TargetKind[AnySettings] = JAMA,  # type: ignore[assignment]  # the default of its type, too
) -> LoadedSettings[AnySettings]:
    """Load the settings of `OWNED`, for a command that has all others from elsewhere.

    Whatever else is wrong in the file is passed over: it may need variables of another CI job.

    Args:
        start: As for `load_settings`.
        file: As for `load_settings`.
        flags: As for `load_settings`.
        environ: The environment.
        kind: The kind of server.

    Raises:
        SettingsError: With every mistake in these settings, or when the file cannot be read.
    """
    overrides = find_overrides(flags, environ, prefix="--", kind=kind)
    read, _ = _read_or_keep(
        partial(
            _read,
            start=start,
            file=file,
            overrides={name: each for name, each in overrides.items() if name in OWNED},
            environ=environ,
            kind=kind,
            offered=OfferedFlags("--", flags),
        ),
        _MAY_BE_MISSING,
        may_keep=lacks_credentials(environ, kind),
    )
    layer = read.layer
    is_ambiguous = file is None and read.file is None
    layer = replace(
        layer,
        values={name: value for name, value in layer.values.items() if name in OWNED},
        mistakes={path: each for path, each in layer.mistakes.items() if path[0] in OWNED},
        problems=layer.problems if is_ambiguous or not layer.is_readable else (),
    )
    return _loaded(replace(read, layer=layer), environ=environ, checks_files=False, kind=kind)


def load_from_journal(
    header: Mapping[str, Any],
    *,
    owned: LoadedSettings[AnySettings],
    environ: Mapping[str, str],
    flags: Flags,
    label: str = "journal",
) -> LoadedSettings[AnySettings]:
    """Load what `SharedSettings.for_journal` kept, for the kind of server that `owned` is for.

    Flags beat the environment, that beats the journal.

    Args:
        header: The settings in the journal's header; nothing in them is filled in again, but
            ``${JAMA_USER}``, which a session without credentials had to leave open. Those of
            `OWNED` are passed over, and those that a newer version added.
        owned: What the user says of these; see `load_owned`.
        environ: The environment, with the credentials.
        flags: As for `load_settings`.
        label: The journal, as messages name it.

    Raises:
        SettingsError: With every mistake.
    """
    kind = owned.settings.kind
    lookup = Variables(environ, Path.cwd()).look_up
    fields = kind.load_model().model_fields
    known = {field.alias or name for name, field in fields.items()} - OWNED
    kept = {name: value for name, value in header.items() if name in known}
    own: dict[str, Any] = {
        **{name: getattr(owned.settings, name) for name in OWNED - {"url"}},
        "tls": owned.settings.tls.model_dump(),  # as a mapping, so that its files are looked at
        "report": owned.settings.report.model_dump(),  # and a flag can be put over these
        "outputs": owned.settings.outputs.model_dump(),
        **({"url": owned.settings.url} if owned.settings.url else {}),
    }
    in_url = {name: getattr(owned.settings, name) for name in owned.origins}
    with surprises_told(label):
        settings, origins, find_origin = resolve(
            Layer(
                label=label,
                values={**in_url, **fill_in_user(kept, lookup), **own},
                find_origin=lambda path: _origin_of(path[0], owned, label),
                is_file=False,
            ),
            overrides=find_overrides(flags, environ, prefix="--", kind=kind),
            environ=environ,
            lookup=lookup,
            surroundings=Surroundings(folder=Path.cwd(), kind=kind),
            offered=OfferedFlags("--", flags),
        )
    return LoadedSettings(
        settings, origins, owned.file, is_named=owned.is_named, find_origin=find_origin
    )


def _origin_of(name: str, owned: LoadedSettings[SharedSettings], label: str) -> str:
    if name not in OWNED:
        return label
    return owned.origins.get(name) or str(owned.file or label)


def find_redactor(
    *,
    start: Path,
    file: Path | None,
    environ: Mapping[str, str],
    kind: TargetKind[Any] = JAMA,
) -> tuple[Redactor, str]:
    """Return what hides secrets where no other setting is needed, and why it may lack patterns.

    Args:
        start: Where to look for the settings file, then further up.
        file: The file to read instead.
        environ: The environment, with the credentials.
        kind: The kind of server.
    """
    try:
        loaded = load_settings(
            start=start,
            file=file,
            flags={},
            environ=environ,
            needs_target=False,
            unused=kind.load_model().model_fields.keys() - {"redact"},
            kind=kind,
            flag_prefix="--",
        )
    except SettingsError as exc:
        return Redactor(secrets=find_secrets(environ)), str(exc.problems[0])
    return loaded.settings.redactor, ""
