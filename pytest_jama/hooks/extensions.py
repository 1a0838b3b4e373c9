"""The built-in implementations of the hooks, and the one place that calls hooks."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, TypeVar, cast

import pluggy

from pytest_jama import hookimpl
from pytest_jama.core.cases import (
    CaseLink,
    CaseRef,
    find_links_in_name,
    in_one_place,
    name_in,
    parse_step,
)
from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError, Unusable, UnusableKind
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict, StepVerdict, Verdict
from pytest_jama.hooks import specs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_jama.config import Settings, SharedSettings
    from pytest_jama.config.octane_settings import OctaneSettings
    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.plan import UploadReport
    from pytest_jama.core.port import Target

ENTRY_POINT_GROUP = "pytest_jama"

_FIND = "hook find_case_refs"

T = TypeVar("T")


class BuiltIn:
    """What pytest-jama itself brings: the map of the settings, the targets `jama` and `octane`.

    A target of your own is a folder under `targets` and two lines in `make_target`.
    """

    def __init__(self, settings: SharedSettings) -> None:
        self._settings = settings

    @hookimpl(trylast=True)
    def find_case_refs(self, result: TestResult) -> tuple[CaseLink, ...]:
        """Look a test up in the map."""
        return self._settings.tests.find(result.test_id)

    @hookimpl(trylast=True)
    def make_target(self, name: str, settings: SharedSettings) -> Target | None:
        """Make the target `jama` or `octane`."""
        if name == "octane":
            from pytest_jama.targets.octane.target import make_octane_target  # noqa: PLC0415 (as below)

            return make_octane_target(cast("OctaneSettings", settings))
        if name != "jama":
            return None
        from pytest_jama.targets.jama.target import make_jama_target  # noqa: PLC0415 (on upload)

        return make_jama_target(cast("Settings", settings))  # as a target of that name has them


class Extensions:
    """Calls the hooks. A broken one is reported and costs only itself.

    Args:
        settings: All settings.
        errors: Told of each error in a hook.
    """

    def __init__(self, settings: SharedSettings, *, errors: ErrorLog) -> None:
        self._settings = settings
        self._name_pattern, self._tests = settings.name_pattern, settings.tests
        self._errors = errors
        self._built_in = BuiltIn(settings)
        self._is_map_alone = True
        self._manager = pluggy.PluginManager("pytest_jama")
        self._manager.add_hookspecs(specs)
        self._manager.register(self._built_in, "built-in")
        self._protect(
            partial(self._manager.load_setuptools_entrypoints, ENTRY_POINT_GROUP),
            where=f"entry points {ENTRY_POINT_GROUP}",
        )
        self._see_who_finds_cases()

    def register(self, *plugins: object) -> None:
        """Let modules or objects take part, such as conftests; report hooks that are wrong."""
        for plugin in filter(lambda each: not self.is_registered(each), plugins):
            where = f"hooks of {getattr(plugin, '__file__', plugin)}"
            self._protect(partial(self._manager.register, plugin), where=where)
        self._protect(self._manager.check_pending, where="hooks")
        self._see_who_finds_cases()

    def _see_who_finds_cases(self) -> None:
        is_alone = len(self._manager.hook.find_case_refs.get_hookimpls()) == 1
        self._is_map_alone = is_alone or not self._settings.judges_cases  # the hook names cases

    def _protect(
        self,
        action: Callable[[], object],
        *,
        where: str,
        costs_nothing: bool = False,
    ) -> None:
        try:
            with _catchable():
                action()
        except Exception as error:  # noqa: BLE001 (another author's code)
            self._errors.add(error, where=where, costs_nothing=costs_nothing)

    def is_registered(self, plugin: object) -> bool:
        """Return whether a module takes part."""
        return self._manager.is_registered(plugin)

    def find_by_id(self, test_id: str, *, name: str = "") -> tuple[CaseLink, ...] | None:
        """Return the cases of a test as far as its ID tells; None when a hook may know better.

        Args:
            test_id: The test.
            name: Its name, where the test ID is not a node ID of pytest, which tells it.
        """
        if not self._is_map_alone:
            return None
        return self._find_in_name(test_id, name) or self._tests.find(test_id)

    def find_links(self, result: TestResult, *, name: str = "") -> tuple[CaseLink, ...]:
        """Return the cases that a test without marker or property is evidence of.

        Args:
            result: The test.
            name: As for `find_by_id`.
        """
        found = self.find_by_id(result.test_id, name=name)
        if found is None:
            found = self._find_in_name(result.test_id, name) or self._ask_for_links(result)
        return found

    def _ask_for_links(self, result: TestResult) -> tuple[CaseLink, ...]:
        links: list[CaseLink] = []
        try:
            with _catchable():
                refs = self._manager.hook.find_case_refs(result=result) or ()
            for ref in (refs,) if isinstance(refs, (str, int)) else refs:
                links += self._read_ref(ref)
        except Exception as error:  # noqa: BLE001 (another author's hook)
            self._errors.add(error, where=_FIND, outlasts=True)
            return self._built_in.find_case_refs(result)
        # a wrong reference alone leaves the test where it is without the hook
        return in_one_place(links) or (self._built_in.find_case_refs(result) if refs else ())

    def _read_ref(self, ref: object) -> tuple[CaseLink, ...]:
        try:
            return (CaseLink.parse(str(ref)),)  # also of a `CaseLink`
        except ValueError as error:
            self._errors.add(error, where=_FIND, outlasts=True)
            return ()

    def _find_in_name(self, test_id: str, name: str) -> tuple[CaseLink, ...]:
        pattern = self._name_pattern
        if pattern is None:
            return ()
        found = find_links_in_name(pattern, name or name_in(test_id))
        for problem in found.problems:
            self._errors.add_unusable(Unusable(UnusableKind.REFERENCE, test_id, f"name: {problem}"))
        return found.links

    @property
    def adjusts(self) -> bool:
        """Whether anyone implements `adjust_verdict`."""
        return bool(self._manager.hook.adjust_verdict.get_hookimpls())

    def adjust_all(self, verdicts: tuple[CaseVerdict, ...]) -> tuple[CaseVerdict, ...]:
        """Return the verdicts after `adjust_verdict`."""
        if not self.adjusts:
            return verdicts
        return tuple(map(self._adjust, verdicts))

    def _adjust(self, verdict: CaseVerdict) -> CaseVerdict:
        given = replace(verdict)
        try:
            with _catchable():
                answer = self._manager.hook.adjust_verdict(verdict=given) or given
            _require_same(given, verdict)
            adjusted = _read_verdict(answer)
            if adjusted == verdict:
                return verdict
            return replace(self._settings.redactor.hide_verdict(adjusted), judged=verdict)
        except Exception as error:  # noqa: BLE001 (another author's hook)
            self._errors.add(error, where="hook adjust_verdict", outlasts=True)
            return verdict

    def make_target(self) -> Target:
        """Make the target that the settings name.

        Raises:
            SettingsError: When no extension makes a target of that name.
        """
        name = self._settings.target
        target: Target | None
        with _catchable():
            target = self._manager.hook.make_target(name=name, settings=self._settings)
        if target is None:
            raise SettingsError(
                Problem(
                    message=f"no installed extension makes the target {name!r}",
                    remedy="install the distribution that does, or leave `target` out for Jama",
                    origin="setting target",
                ),
            )
        return target

    def upload_finished(self, report: UploadReport) -> None:
        """Show the report to every extension."""
        self._protect(
            partial(self._manager.hook.upload_finished, report=report),
            where="hook upload_finished",
            costs_nothing=True,
        )


class BrokenHookError(PytestJamaError):
    """A hook raised something other than an ordinary exception."""


@contextmanager
def _catchable() -> Iterator[None]:
    """Raise whatever another author's code raises as an exception that can be caught and printed.

    ``pytest.fail()``, ``pytest.skip()`` and ``sys.exit()`` raise what is not an `Exception`, to end
    a test or the process; in a hook of ours it would end the session.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        said = _try_str(error)
        if said is not None and isinstance(error, Exception):
            raise
        raise BrokenHookError(f"{type(error).__name__}: {said or ''}".rstrip(": ")) from error


def _try_str(error: BaseException) -> str | None:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (an exception that cannot even be printed)
        return None


_REMEDY = "return dataclasses.replace(verdict, verdict=...)"


def _require_same(given: CaseVerdict, verdict: CaseVerdict) -> None:
    if given != verdict:
        raise TypeError(f"changed the verdict that it was given: {_REMEDY}")


def _read_verdict(answer: object) -> CaseVerdict:
    """Return what a hook answered; the text of a verdict is as good as the verdict."""
    if not isinstance(answer, CaseVerdict):
        raise TypeError(f"answered {answer!r}, which is not a CaseVerdict: {_REMEDY}")
    return replace(
        answer,
        case_ref=_require(answer.case_ref, CaseRef),
        verdict=None if answer.verdict is None else Verdict(answer.verdict),
        steps=tuple(_read_step(step) for step in answer.steps),
        results=tuple(_read_result(result) for result in answer.results),
    )


def _read_step(step: StepVerdict) -> StepVerdict:
    notes = _require_texts(_require(step, StepVerdict).notes)
    return StepVerdict(parse_step(step.number), Verdict(step.verdict), notes)


def _read_result(result: TestResult) -> TestResult:
    _require_texts((_require(result, TestResult).test_id, result.message))
    return result._replace(outcome=Outcome(result.outcome), notes=_require_texts(result.notes))


def _require_texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(_require(value, str) for value in values)


def _require(value: T, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"answered a verdict with {value!r}, which is not a {kind.__name__}")
    return value


def has_hooks(plugin: object) -> bool:
    """Return whether a plugin, such as a conftest, implements hooks of ours, or thinks it does."""
    named = (getattr(plugin, name, None) for name in _HOOKS)
    misnamed = vars(plugin).values() if isinstance(plugin, ModuleType) else ()
    return any(
        isinstance(value, (FunctionType, MethodType)) and hasattr(value, "pytest_jama_impl")
        for value in (*named, *misnamed)
    )


_HOOKS = tuple(name for name, spec in vars(specs).items() if hasattr(spec, "pytest_jama_spec"))
