"""The command line of ``pytest-jama check``, and the settings that it leads to."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.config import load_settings, with_lock
from pytest_jama.core.errors import Problem, SettingsError

if TYPE_CHECKING:
    from pytest_jama.config import Flags, LoadedSettings


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """The command line.

    Attributes:
        config: The settings file.
        flags: What the flags say, by setting.
        runs: For how many results an upload is estimated; 0 for as many as there are.
        write_probe: The name of the plan that is made; empty for reading alone.
        is_agreed: Whether it is made without asking.
        report: Where the report without names goes; None for nowhere.
        offline: Whether the server is left alone.
        shows_settings: Whether to print each setting with its origin.
        collects: Whether to ask for the tests.
        is_junit: Whether the arguments are JUnit reports.
        arguments: These, or what pytest gets for its collection.
    """

    config: Path | None
    flags: Flags
    runs: int = 0
    write_probe: str = ""
    is_agreed: bool = False
    report: Path | None = None
    offline: bool = False
    shows_settings: bool = False
    collects: bool = True
    is_junit: bool = False
    arguments: tuple[str, ...] = ()

    def require_fitting(self) -> None:
        """Refuse options that do not fit together.

        Raises:
            SettingsError: With each of them.
        """
        asks = {"--write-probe": self.write_probe, "--report": self.report, "--runs": self.runs}
        what = "it is about the server, and --offline leaves that alone"
        refused = [flag for flag, value in asks.items() if self.offline and value]
        problems = [Problem(what, "leave one of them out", flag) for flag in refused]
        if self.is_junit and not self.arguments:
            what = "--junit reads reports, and none is named"
            problems.append(Problem(what, "name them behind the options", "command line"))
        if self.arguments and not self.collects:
            what = f"{' '.join(self.arguments)} is about tests, and --no-collect asks for none"
            problems.append(Problem(what, "leave one of them out", "command line"))
        if problems:
            raise SettingsError(*problems)


def load_for_check(options: CheckOptions) -> LoadedSettings:
    """Load the settings; plan and cycle may be missing, and unset variables be in them.

    Without the server, everything may be missing that only a session with results needs.

    Args:
        options: The command line.

    Raises:
        SettingsError: With every mistake in the others.
    """
    unused = ("plan", "cycle", "run", *(("url", "headers") if options.offline else ()))
    lenient = load_settings(
        start=Path.cwd(),
        file=options.config,
        flags=options.flags,
        environ=os.environ,
        needs_target=False,
        unused=unused,
        flag_prefix="--",
    )
    places = {"plan": lenient.settings.plan, "cycle": lenient.settings.cycle}
    absent = {name: "not known" for name, place in places.items() if not place.is_set}
    loaded = lenient
    if not options.offline:
        loaded = load_settings(
            start=Path.cwd(),
            file=options.config,
            flags={**options.flags, **absent},
            environ=os.environ,
            unused=unused,
            flag_prefix="--",
        )
    if loaded.settings.target != "jama":
        what = f"the target is {loaded.settings.target!r}, and only Jama can be checked"
        raise SettingsError(Problem(what, "leave `target` out", "setting target"))
    loaded = with_lock(loaded, start=Path.cwd(), flag_prefix="--")
    settings = loaded.settings.model_copy(update=places)
    return replace(loaded, settings=settings, find_origin=lenient.find_origin)
