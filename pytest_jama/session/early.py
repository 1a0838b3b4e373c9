"""Sending while tests run, ``upload: {when: during}``: verdicts go out as soon as they are final.

It is a head start and nothing else: the end of the session judges, plans and pushes everything, as
ever. A thread of its own finds out what is final, and brings it to the target; hooks that change
verdicts are asked in the thread of the tests.
"""

from __future__ import annotations

import os
import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_jama.core.errors import CredentialsError, InterruptedUploadError, TargetError
from pytest_jama.core.plan import Findings
from pytest_jama.core.port import SendsEarly
from pytest_jama.core.text import first_line
from pytest_jama.core.verdicts import Judgement, judge_case
from pytest_jama.session import judge as judging
from pytest_jama.session.deliver import with_kept
from pytest_jama.session.final_cases import FinalCases
from pytest_jama.session.quiet_logs import QuietThreads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict, VerdictRules
    from pytest_jama.session.deliver import Delivery
    from pytest_jama.session.judge import AdjustAll
    from pytest_jama.session.session import Session

RETRY_S = 30.0
"""How long to wait until a server that could not be used is tried again while tests run."""

_LOOK_AROUND_S = 0.5
_LAST_S = 10.0
"""How long to wait for what is under way, once it was told to stop."""


class EarlyUpload:
    """Sends the final verdicts of a session while its tests run.

    Args:
        cases: Which verdicts are final.
        target: Where they go.
        delivery: Told of everything; it goes on with that target at the end.
        rules: Which verdict follows from which outcome.
        adjust_all: The hooks; None when there are none.
        write: Appends lines that are JSON already to the journal; several threads may.
        find_findings: Returns what is known of the session beside verdicts.
        retry_s: How long to wait after an error of the server.
    """

    def __init__(
        self,
        cases: FinalCases,
        target: SendsEarly,
        *,
        delivery: Delivery,
        rules: VerdictRules,
        adjust_all: AdjustAll | None,
        write: Callable[..., None],
        find_findings: Callable[[], Findings],
        retry_s: float = RETRY_S,
    ) -> None:
        self.delivery = delivery
        self._cases = cases
        self._target = target
        self._rules = rules
        self._adjust_all = adjust_all
        self._write_encoded = write
        self._find_findings = find_findings
        self._retry_s = retry_s
        self._process = os.getpid()
        self._has_begun = False
        self._judged: dict[CaseRef, CaseVerdict | None] = {}
        self._concluded: dict[CaseRef, CaseVerdict | None] = {}
        self._written: dict[CaseRef, CaseVerdict] = {}
        self._awaited = dict.fromkeys(cases.cases)
        self._without: list[CaseRef] = []
        self._final: list[CaseRef] = []
        self._finished: queue.SimpleQueue[TestResult | None] = queue.SimpleQueue()
        self._concluding = threading.Lock()
        self._ending = threading.Event()
        self._awaits_retry = False
        self._findings: Findings | None = None
        self._quiet = QuietThreads()
        self._quiet.begin()
        self._thread = threading.Thread(target=self._run, name="pytest-jama-early", daemon=True)
        self._thread.start()

    def take(self, result: TestResult) -> None:
        """Take the result of a test, without secrets, in the thread of the tests."""
        if self._adjust_all is None:
            self._finished.put(result)
        elif os.getpid() == self._process:  # else a test forked, and nobody sends
            with self._concluding:
                self._follow(result)
            self._finished.put(None)

    def _follow(self, result: TestResult) -> None:
        """Conclude what is final now that a test has ended; the caller holds `_concluding`."""
        final = self._cases.finish(result)
        if not self._has_begun:  # what waits for no test is concluded once a test has run
            self._has_begun = True
            final = tuple(dict.fromkeys((*self._cases.find_untested(), *final)))
        for case_ref in final:
            self._conclude(case_ref)

    def _conclude(self, case_ref: CaseRef) -> None:
        """Conclude the verdict of a case; one that was sent already is replaced at the end."""
        tests = self._cases.tests_of(case_ref, ignored=self._rules.ignored)
        judged = judge_case(case_ref, tests, rules=self._rules) if tests else None
        is_new = case_ref not in self._judged
        if is_new:
            self._final.append(case_ref)
        elif judged is None or judged == self._judged[case_ref]:
            return
        self._judged[case_ref] = judged
        concluded = None if judged is None else self._ask(judged)
        self._concluded[case_ref] = concluded
        if concluded is not None and case_ref in self._written:
            self._write([concluded])

    def _ask(self, judged: CaseVerdict) -> CaseVerdict:
        if self._adjust_all is None:
            return judged
        (adjusted,) = self._adjust_all((judged,))
        return adjusted

    def _write(self, verdicts: Sequence[CaseVerdict]) -> None:
        """Write what was concluded to the journal, before it is sent."""
        judging.write_verdicts(Judgement(tuple(verdicts)), self._write_encoded)
        for each in verdicts:
            self._written[_key_of(each)] = each

    def adjust_all(self, cases: tuple[CaseVerdict, ...]) -> tuple[CaseVerdict, ...]:
        """Return the verdicts of the whole session; hooks are asked for those that are new."""
        return tuple(map(self._find_adjusted, cases))

    def _find_adjusted(self, case: CaseVerdict) -> CaseVerdict:
        concluded = self._concluded.get(case.case_ref)
        is_known = concluded is not None and self._judged[case.case_ref] == case
        return concluded if is_known and concluded is not None else self._ask(case)

    def unwritten(self, judgement: Judgement) -> Judgement:
        """Return the verdicts that the journal does not have yet."""
        written = self._written
        new = (each for each in judgement.cases if written.get(_key_of(each)) is not each)
        return judgement._replace(cases=tuple(new))

    def end(self) -> None:
        """Begin nothing more; what is under way ends. It does not wait for that."""
        self._ending.set()
        self._quiet.end()
        with self._concluding:  # from here on nothing more is sent
            self._finished.put(None)
        self._target.end_early()

    def join(self) -> None:
        """Wait until nothing is under way, after `end`.

        Raises:
            InterruptedUploadError: When the user presses Ctrl-C meanwhile.
        """
        is_stopped = False
        try:
            while self._thread.is_alive():
                # With a timeout, since Windows lets no Ctrl-C through to a wait without one.
                self._thread.join(_LOOK_AROUND_S)
                if self.delivery.is_troubled and not is_stopped:
                    is_stopped = True  # the upload at the end tries for long enough
                    self._target.end_early()
        except KeyboardInterrupt:
            self._stop()
            raise InterruptedUploadError("the upload was interrupted") from None

    def _stop(self) -> None:
        """Stop what is still under way."""
        if self._thread.is_alive():
            self._target.end_early()
            self._thread.join(_LAST_S)

    def close(self) -> None:
        """Release what no upload at the end of the session has taken over."""
        if self._thread.is_alive():
            self.end()
            self._stop()
        self.delivery.close()

    def _run(self) -> None:
        """Send what is final until the session ends; in a thread of its own."""
        try:
            while (verdicts := self._find_next()) is not None:
                if verdicts or self._awaits_retry:
                    self._send(verdicts)
        except CredentialsError:  # said at the end; until then nobody shall lock the account
            return
        except Exception as error:  # noqa: BLE001 (nothing early may cost a session its results)
            said = f"{type(error).__name__}: {first_line(str(error))}"
            self.delivery.warned(
                f"sending while tests ran broke off ({said}): the rest was sent at the end, as "
                "with `upload: {when: end}`"
            )

    def _find_next(self) -> Sequence[CaseVerdict] | None:
        """Wait for verdicts that are final, and let the journal have them; None at the end."""
        finished: list[TestResult | None] = []
        if self._awaits_retry:
            self._ending.wait(self._retry_s)
        else:
            finished.append(self._finished.get())
        with self._concluding:
            if self._ending.is_set():
                return None
            with suppress(queue.Empty):
                while True:
                    finished.append(self._finished.get_nowait())
            for result in finished:
                if result is not None:
                    self._follow(result)
            verdicts = self._take_final()
            self._write(verdicts)
        return verdicts

    def _take_final(self) -> Sequence[CaseVerdict]:
        """Return the verdicts to send; none of them is awaited any more."""
        verdicts = []
        for case_ref in self._final:
            del self._awaited[case_ref]
            concluded = self._concluded[case_ref]
            if concluded is None:
                self._without.append(case_ref)
            else:
                verdicts.append(concluded)
        self._final.clear()
        self._awaited.update(self._cases.late)
        return verdicts

    def _send(self, verdicts: Sequence[CaseVerdict]) -> None:
        if self._findings is None:
            self._findings = self._find_findings()
        findings = self._findings._replace(
            judgement=Judgement(tuple(verdicts), (), self._rules.incomplete),
            known=(*self._findings.known, *self._without),
            awaited=tuple(self._awaited),
        )
        try:
            self._target.send_early(findings, observer=self.delivery)
        except CredentialsError:
            raise
        except TargetError:  # told at the end, if it lasts
            self._awaits_retry = True
        else:
            self._awaits_retry = False


def _key_of(case: CaseVerdict) -> CaseRef:
    """Return the case that was judged; a hook may have named another."""
    return (case.judged or case).case_ref


def make_early_target(session: Session) -> None:
    """Make the target of a session before its tests run, if it can take verdicts then.

    Args:
        session: The session, in the environment that counts for it.
    """
    delivery = session.delivery
    try:
        target = delivery.make_target()
    except Exception:  # noqa: BLE001 (the end of the session makes it again, and says what is wrong)
        return
    if not isinstance(target, SendsEarly):
        delivery.warned(
            f"the target {session.settings.target!r} takes nothing while tests run: everything was "
            "sent at the end, as with `upload: {when: end}`"
        )


def start_early(
    session: Session,
    linked: Sequence[TestResult],
    *,
    unsettled: Iterable[str],
    order: Callable[[], Iterable[str]],
    account: str,
    started: float,
) -> None:
    """Begin to send the verdicts of a session while its tests run, if it has a target for that.

    Args:
        session: The session; its `early` is set.
        linked: See `FinalCases`.
        unsettled: See `FinalCases`.
        order: See `FinalCases`.
        account: One line for the account of each run: tool, time, commit.
        started: When the session began, in seconds since 1970.
    """
    delivery = session.delivery
    target = delivery.target
    if not isinstance(target, SendsEarly):
        return

    def find_findings() -> Findings:
        findings = Findings(linked, Judgement(), account, lock=session.lock, started=started)
        known = judging.find_known_cases(findings, session.settings, session.lock)
        findings = findings._replace(known=known, session=session.name)
        findings = with_kept(findings, session.paths, any_file=True)
        return judging.without_account(findings, session.settings)

    session.early = EarlyUpload(
        FinalCases(linked, unsettled=unsettled, order=order),
        target,
        delivery=delivery,
        rules=session.settings.rules(),
        adjust_all=session.extensions.adjust_all if session.extensions.adjusts else None,
        write=session.write_encoded,
        find_findings=find_findings,
    )
