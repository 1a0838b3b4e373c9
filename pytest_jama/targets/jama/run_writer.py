"""How test runs are written at this server, learned from its refusals and kept for one upload.

Status or steps, account, assignee and custom fields travel together, by PATCH. Where a server
refuses that, it is found out with few requests what it does take: the verdict without what goes
along, or a PUT. No verdict is lost because of something that goes along with it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import RefusedError
from pytest_jama.targets.jama.parallel import Written
from pytest_jama.targets.jama.run_body import (
    ACCOUNT,
    describe_extra,
    find_named,
    is_named,
    kept_fields,
    patch_operations,
)
from pytest_jama.targets.jama.run_refusals import (
    OF_METHODS,
    RefusedAccounts,
    is_about_size,
    may_be_of_method,
    may_fare_better,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal

    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.run_body import RunBody
    from pytest_jama.targets.jama.runs import RunUpdate, TestRun

_FRUITLESS = 3
"""After so many runs that were refused whatever was tried, the same words are believed at once."""


class _Attempts(NamedTuple):
    """The requests for one update.

    Attributes:
        update: The update.
        body: All that it would write.
        tell: Told the number of each request.
        is_put: Whether the method is PUT.
    """

    update: RunUpdate
    body: RunBody
    tell: Callable[[int], None]
    is_put: bool = False


class RunWriter:
    """Writes test runs, as this server takes them. Safe to use from several threads.

    Args:
        client: Writes to Jama.
        method: The setting ``run.write``.
        body_of: Returns what is written for an update.
        remarks: What cannot be written to any run, and why; see `Receipt.remarks`.
        explain: Says what the first run may lack whose verdict alone is refused, too, with 400.
    """

    def __init__(
        self,
        client: JamaClient,
        *,
        method: Literal["auto", "patch", "put"],
        body_of: Callable[[RunUpdate], RunBody],
        remarks: tuple[tuple[str, str], ...] = (),
        explain: Callable[[TestRun], str] = lambda _run: "",
    ) -> None:
        self._client = client
        self._body_of = body_of
        is_known = method != "auto"
        # By whether a run has steps: no source shows a PATCH of the step array that was taken.
        self._is_put = dict.fromkeys((False, True), method == "put") if is_known else {}
        self._refused: dict[str, str] = {}
        self._remarks = remarks
        self._explain: Callable[[TestRun], str] | None = explain
        self._accounts = RefusedAccounts()
        self._not_kept: set[str] = set()
        self._keeps_only_results = False
        self._fruitless: Counter[str] = Counter()
        self._lessons = 0
        self._learning = Lock()

    def write(self, update: RunUpdate, on_attempt: Callable[[int], None]) -> Written:
        """Write one update.

        Args:
            update: What to write.
            on_attempt: Told how many requests it took so far, before each.

        Raises:
            RefusedError: When the verdict is refused alone, too.
            TargetError: As `HttpApi.send` does.
        """
        if update.run.run_id is None:
            raise ValueError(f"{update.run} was planned by a dry run and cannot be written to")
        written = self._write(_Attempts(update, self._body_of(update), _adding_up(on_attempt)))
        return written._replace(remarks=(*self._remarks, *written.remarks))

    def _write(self, attempts: _Attempts) -> Written:
        lessons = self._lessons
        result = self._try_as_known(attempts)
        if isinstance(result, Written):
            return result
        # One run finds out; those that were refused meanwhile are sent as it has learned.
        with self._learning:
            if self._lessons != lessons:
                result = self._try_as_known(attempts)
            return result if isinstance(result, Written) else self._find_out(attempts, result)

    def _try_as_known(self, attempts: _Attempts) -> Written | RefusedError:
        """Write what this server is known to take, or return a refusal that something may help."""
        has_steps = bool(attempts.update.steps)
        attempts = attempts._replace(is_put=self._is_put.get(has_steps, False))
        skipped = self._find_skipped(attempts.body)
        body = attempts.body.all_but(skipped)
        refusal = self._attempt(attempts, body.values)
        if refusal is not None:
            if self._fruitless[_key_of(refusal, attempts)] >= _FRUITLESS:
                raise refusal
            return refusal
        self._is_put.setdefault(has_steps, attempts.is_put)
        self._note_accepted(body)
        return _written(attempts, skipped)

    def _find_skipped(self, body: RunBody) -> dict[str, str]:
        """Return what is known to be refused, and in which words."""
        skipped = {name: self._refused[name] for name in body.extras if name in self._refused}
        if ACCOUNT in skipped and not self._accounts.are_refused(len(body.extras[ACCOUNT])):
            del skipped[ACCOUNT]
        return skipped

    def _attempt(self, attempts: _Attempts, values: Mapping[str, Any]) -> RefusedError | None:
        """Send a request; return the refusal when another request may fare better.

        Raises:
            RefusedError: When none would.
        """
        run = attempts.update.run
        kept = self._kept_of(run, values) if attempts.is_put else {}
        # The verdict alone is what is left: that is not given up early. Nor is anything else where
        # not even that was taken before.
        is_trial = len(values) > len(attempts.body.core) and not self._fruitless
        try:
            if attempts.is_put:
                fields = {**kept, **values}
                self._client.put_run(
                    run.run_id or 0, fields, on_attempt=attempts.tell, is_trial=is_trial
                )
            else:
                operations = patch_operations(values)
                self._client.patch_run(
                    run.run_id or 0, operations, on_attempt=attempts.tell, is_trial=is_trial
                )
        except RefusedError as refusal:
            words = words_of(refusal)
            is_ours = any(is_named(name, words) for name in values)
            if not may_fare_better(refusal, is_named=is_ours):
                raise
            named = {name for name in kept if is_named(name, words)}
            if not named or is_ours:
                return refusal
            self._not_kept |= named
            return self._attempt(attempts, values)
        return None

    def _kept_of(self, run: TestRun, values: Mapping[str, Any]) -> dict[str, Any]:
        kept = kept_fields(run, only_results=self._keeps_only_results)
        return {n: each for n, each in kept.items() if n not in values and n not in self._not_kept}

    def _find_out(self, attempts: _Attempts, refusal: RefusedError) -> Written:
        """Find out what this server takes, after it refused what it was known to take.

        Raises:
            RefusedError: When it takes nothing.
        """
        has_steps = bool(attempts.update.steps)
        attempts = attempts._replace(is_put=self._is_put.get(has_steps, False))
        may_change = has_steps not in self._is_put
        written = None
        if refusal.http_status not in OF_METHODS:
            written = self._isolate(attempts, refusal)
        told = refusal
        if written is None and may_change and may_be_of_method(refusal):
            written, told = self._try_put(attempts, refusal)
        if written is None:
            self._fruitless[_key_of(refusal, attempts)] += 1
            raise self._explained(told, attempts.update.run)
        self._lessons += 1
        self._fruitless.clear()
        return written

    def _explained(self, refusal: RefusedError, run: TestRun) -> RefusedError:
        """Return a refusal with what the run may lack; once, so that it costs one request."""
        explain = self._explain
        if explain is None or refusal.http_status != HTTPStatus.BAD_REQUEST:
            return refusal
        self._explain = None
        more = explain(run)
        if not more:
            return refusal
        return RefusedError(f"{refusal}; {more}", http_status=400, words=refusal.words)

    def _try_put(
        self, attempts: _Attempts, refusal: RefusedError
    ) -> tuple[Written | None, RefusedError]:
        """Send the same by PUT; returns what was written, or the more telling refusal."""
        by_put = attempts._replace(is_put=True)
        skipped = self._find_skipped(by_put.body)
        body = by_put.body.all_but(skipped)
        is_of_method = refusal.http_status in OF_METHODS
        again = self._attempt(by_put, body.values)
        written = _written(by_put, skipped)
        if again is not None:
            if again.http_status in OF_METHODS:
                return None, refusal
            isolated = self._isolate(by_put, again)
            if isolated is None:
                return None, again if is_of_method else refusal
            written = isolated
        else:
            self._note_accepted(body)
        self._is_put[bool(by_put.update.steps)] = True
        self._is_put.setdefault(not by_put.update.steps, True)
        why = f"this server does not take PATCH of test runs ({words_of(refusal)})"
        remark = ("", f"{why}; PUT was used; set `run: {{write: put}}`")
        return written._replace(remarks=(remark, *written.remarks)), refusal

    def _isolate(self, attempts: _Attempts, refusal: RefusedError) -> Written | None:
        """Write the verdict and as much of what goes along as is taken; None when it is refused.

        What the server names is left out first. When that does not help the verdict goes alone,
        and then the others are added one by one.
        """
        skipped = self._find_skipped(attempts.body)
        left = attempts.body.all_but(skipped)
        blamed: dict[str, str] = {}
        reason: RefusedError | None = refusal
        while reason is not None:
            words = words_of(reason)
            named = find_named([name for name in left.extras if name not in blamed], words)
            if named is None:
                break
            blamed[named] = words
            reason = self._attempt(attempts, left.all_but(blamed).values)
        if reason is None and len(blamed) > 1:  # a server may also name what it does take
            *_, last = blamed
            if self._attempt(attempts, left.all_but({last}).values) is None:
                blamed = {last: blamed[last]}
        if reason is not None:
            found = self._try_one_by_one(attempts, left, refusal, blamed)
            if found is None:
                return None
            blamed = found
        self._note_accepted(left.all_but(blamed))
        for name, words in blamed.items():
            self._note_refused(name, words, left.extras[name])
        return _written(attempts, {**skipped, **blamed})

    def _try_one_by_one(
        self, attempts: _Attempts, body: RunBody, refusal: RefusedError, blamed: Mapping[str, str]
    ) -> dict[str, str] | None:
        """Return which of the extras are refused, and in which words; None when the verdict is."""
        if not body.extras or (
            blamed.keys() != body.extras.keys() and self._attempt(attempts, body.core) is not None
        ):
            return self._with_less_kept(attempts, body, refusal)
        if blamed.keys() == body.extras.keys():  # then the verdict was tried alone already
            return self._with_less_kept(attempts, body, refusal)
        refused: dict[str, str] = {}
        for number, name in enumerate(body.extras, start=1):
            tried = body.all_but({*refused, *list(body.extras)[number:]})
            again = self._attempt(attempts, tried.values)
            if again is not None:
                refused[name] = words_of(again)
        return refused

    def _with_less_kept(
        self, attempts: _Attempts, body: RunBody, refusal: RefusedError
    ) -> dict[str, str] | None:
        """Try once more without what Jama copies from the test case, where a PUT has sent that."""
        if not attempts.is_put or self._keeps_only_results:
            return None
        self._keeps_only_results = True
        again = self._attempt(attempts, body.values)
        if again is None:
            return {}
        found = self._try_one_by_one(attempts, body, refusal, {}) if body.extras else None
        self._keeps_only_results = found is not None
        return found

    def _note_accepted(self, body: RunBody) -> None:
        if ACCOUNT in body.extras:
            self._accounts.note_accepted(len(body.extras[ACCOUNT]))

    def _note_refused(self, name: str, words: str, value: object) -> None:
        self._refused.setdefault(name, words)
        if name == ACCOUNT:
            is_plain = is_named(name, words) and not is_about_size(words)
            self._accounts.note_refused(len(str(value)), is_plain=is_plain)


def _written(attempts: _Attempts, refused: Mapping[str, str]) -> Written:
    """Return what was written, without what was refused."""
    update = attempts.update
    if ACCOUNT in refused:
        update = replace(update, account=())
    remarks = ((f"{describe_extra(name)} not stored", why) for name, why in refused.items())
    return Written(update, tuple(remarks))


def _key_of(refusal: RefusedError, attempts: _Attempts) -> str:
    """Return what refusals of several runs have in common."""
    return words_of(refusal).replace(str(attempts.update.run.run_id), "...")


def _adding_up(on_attempt: Callable[[int], None]) -> Callable[[int], None]:
    """Number the attempts of several requests in one row."""
    total = 0

    def count(_number: int) -> None:
        nonlocal total
        total += 1
        on_attempt(total)

    return count
