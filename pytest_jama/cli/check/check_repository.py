"""What ``pytest-jama check`` says without a server of the settings, and of what is wanted there."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pytest_jama.config import describe_exposure
from pytest_jama.config.effective_values import effective_values
from pytest_jama.config.environment import find_pair
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.results import Outcome
from pytest_jama.core.text import counted, quoted
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.destination import relative_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_jama.cli.collecting import CollectedSession
    from pytest_jama.config import LoadedSettings, SharedSettings
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.results import TestResult


TONES = {Mark.OK: Tone.GOOD, Mark.NOTE: Tone.WARNING, Mark.PROBLEM: Tone.BAD}
"""How observations are shown."""


class SessionNeeds(NamedTuple):
    """What a session would ask of a server.

    Attributes:
        steps: Each case that is referred to, with the numbers of the steps that tests report.
        tests: How many tests would run.
        linked: The cases of those.
    """

    steps: Mapping[CaseRef, frozenset[int]]
    tests: int = 0
    linked: tuple[CaseRef, ...] = ()


def find_needs(settings: SharedSettings, session: CollectedSession | None) -> SessionNeeds:
    """Return which cases and steps a session would ask a server for.

    Args:
        settings: The map.
        session: What was collected; None when that was not asked.
    """
    steps: dict[CaseRef, set[int]] = {link.case_ref: set() for link in settings.tests.links()}
    for link in settings.tests.links():
        steps[link.case_ref].update({link.step} if link.step else ())
    linked: dict[CaseRef, None] = {}
    for test in session.tests if session else ():
        source = session.sources.get(test.test_id) if session else None
        numbers = {step.number for step in source.steps} if source else set()
        for link in test.links:
            steps.setdefault(link.case_ref, set()).update({link.step} if link.step else numbers)
        if test.outcome is not Outcome.DESELECTED:
            linked.update(dict.fromkeys(link.case_ref for link in test.links))
    known = {ref: frozenset(numbers) for ref, numbers in steps.items()}
    if session is None or not session.tests:
        return SessionNeeds(known, 0, tuple(known))
    running = sum(test.outcome is not Outcome.DESELECTED for test in session.tests)
    return SessionNeeds(known, running, tuple(linked))


def observe_settings(
    loaded: LoadedSettings[SharedSettings], environ: Mapping[str, str]
) -> Iterator[Observation]:
    """Say which file was read, and what there is to get in with.

    Args:
        loaded: The settings.
        environ: The environment, with the credentials.
    """
    settings = loaded.settings
    file = settings.kind.file
    if loaded.file is None:
        text = f"there is no {file}, here or above: flags and variables say all"
        yield Observation("file", Mark.NOTE, text)
    else:
        keys = counted(len(settings.tests), "key")
        text = f"{relative_to(Path.cwd(), loaded.file)} can be used, with {keys} of `tests:`"
        yield Observation("file", Mark.OK, text)
    yield _credentials(settings, environ)
    yield _tls(settings)


def _credentials(settings: SharedSettings, environ: Mapping[str, str]) -> Observation:
    pair, problems = find_pair(environ, settings.kind)
    if pair is not None:
        text = f"{pair.name} and {pair.secret} are set ({pair.way})"
        return Observation("credentials", Mark.OK, text)
    text = "; ".join(f"{each.message}: {each.remedy}" for each in problems)
    return Observation("credentials", Mark.NOTE, f"an upload from here would fail: {text}")


def _tls(settings: SharedSettings) -> Observation:
    bundle, own = settings.tls.verify, settings.tls.client_cert
    try:
        context = ssl.create_default_context(
            cafile=str(bundle) if bundle not in (True, False) else None
        )
        if own is not None:
            context.load_cert_chain(own, password=lambda: "")  # else it asks on the terminal
    except (OSError, ValueError) as exc:  # an error of TLS is one of the first
        file = f"{bundle} or {own}" if own and bundle not in (True, False) else own or bundle
        text = f"{file} cannot be used: {exc}; name a PEM file under `tls:`"
        return Observation("TLS", Mark.PROBLEM, text)
    if bundle is False:
        return Observation("TLS", Mark.NOTE, "the server's certificate is not checked")
    if urlsplit(settings.url).scheme == "http":
        mark = Mark.NOTE if describe_exposure(settings) else Mark.OK
        return Observation("TLS", mark, "is not used: the address begins with http:")
    by = "the usual authorities" if bundle is True else f"{bundle} ({_count(context)})"
    shown = f"; ours is {own}" if own else ""
    return Observation("TLS", Mark.OK, f"the server's certificate is checked with {by}{shown}")


def _count(context: ssl.SSLContext) -> str:
    return counted(len(context.get_ca_certs()), "authority").replace("authoritys", "authorities")


def describe_session(settings: SharedSettings, wanted: SessionNeeds) -> Observation:
    """Say what a session would do, as far as that is known without the server.

    Args:
        settings: Where results would go.
        wanted: What a session would ask for.
    """
    cases = counted(len(wanted.linked), "test case")
    runs = f"run {counted(wanted.tests, 'test')} and " if wanted.tests else ""
    facts: dict[str, Any] = {"tests": wanted.tests, "cases": len(wanted.linked)}
    _, *names = settings.kind.destination
    places = [
        f"{name} {quoted(str(value))}" for name in names if (value := getattr(settings, name))
    ]
    if not wanted.linked:
        text = f"one would {runs}send nothing"
        return Observation("session", Mark.NOTE, text, facts)
    where = ", ".join(places) or "a place that is not named yet"
    text = f"one would {runs}give {cases} a verdict, in {where}"
    return Observation("session", Mark.OK, text, facts)


def observe_destination(settings: SharedSettings) -> Observation:
    """Say what an upload would need to know, and the settings lack here."""
    missing = [name for name in settings.kind.destination if not settings.is_given(name)]
    if not missing:
        return Observation(
            "destination", Mark.OK, f"{', '.join(settings.kind.destination)} are set"
        )
    text = f"not set here, and needed by an upload: {', '.join(missing)}"
    return Observation("destination", Mark.NOTE, text, {"missing": missing})


def value_lines(loaded: LoadedSettings[SharedSettings]) -> Iterator[Line]:
    """Yield each setting with its origin, as lines."""
    return (Line("setting", f"{each} ({each.origin})") for each in effective_values(loaded))


def values_json(loaded: LoadedSettings[SharedSettings]) -> list[dict[str, Any]]:
    """Return each setting with its origin, fit for JSON."""
    return [each._asdict() for each in effective_values(loaded)]


def repository_json(session: CollectedSession | None, lock: Lock | None) -> dict[str, Any]:
    """Return what was found of tests, fit for JSON, with every name.

    Args:
        session: What was collected; None when that was not asked.
        lock: What jama.lock holds.
    """
    if session is None:
        return {"asked": False}
    by_outcome: dict[bool, list[TestResult]] = {True: [], False: []}
    for test in session.tests:
        by_outcome[test.outcome is Outcome.DESELECTED].append(test)
    return {
        "asked": True,
        "tests": len(session.tests),
        "unlinked": [test.test_id for test in session.tests if not test.links],
        "deselected": [test.test_id for test in by_outcome[True]],
        "deselected_by": list(session.deselecting),
        "uncollected": [{"where": where, "why": why} for where, why in session.uncollected],
        "mistakes": list(session.mistakes),
        "unmatched": [
            {
                "key": e.key,
                "file": e.file or None,
                "line": e.line,
                "nearest": e.nearest or None,
                "why": e.why,
            }
            for e in session.map.unmatched
        ],
        "conflicts": [
            {"first": e.first.key, "second": e.second.key, "test": e.test_id}
            for e in session.map.conflicts
        ],
        "taken_away": [
            {
                "case": e.case_ref.text,
                "tests": list(e.tests),
                "keys": [key.key for key in e.keys],
                "given_to": [ref.text for ref in e.given_to],
            }
            for e in session.map.taken_away
        ],
        "lock": None
        if lock is None
        else {
            "cases": len(lock.cases),
            "gone": [each.test_id for each in lock.missing_tests(t.test_id for t in session.tests)],
            "new": list(lock.find_unknown(session.tests).cases),
        },
    }
