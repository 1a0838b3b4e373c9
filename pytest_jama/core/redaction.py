"""Texts without secrets: our own credentials, what users name, and what looks like one. Pure.

One rule serves every front-end and every exit. What several rules find is hidden as one passage, so
that no rule leaves a piece of what another one saw.
"""

from __future__ import annotations

import base64
import html
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib.parse import quote, quote_plus

from pytest_jama.core.results import LONGEST_READ, MESSAGE_CHARACTERS, ReportedName
from pytest_jama.core.secret_signs import HIDDEN, may_hold, may_hold_certain, may_hold_value
from pytest_jama.core.text import ELLIPSIS, clean, counted, shorten

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.key_values import Span
    from pytest_jama.core.origin import Provenance
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict

_SHORTEST = 4
"""Shorter ones are in many words, and not secrets."""

_LOST = 512
"""Characters before a cut that are dropped: half a secret may stand there, and fits no pattern."""


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return a text without secrets, in whatever form a server or a library writes them.

    Args:
        text: What was said.
        secrets: Passwords, tokens, values of headers.
    """
    return Redactor(secrets=secrets, has_builtin=False).hide(text).text


class Hidden(NamedTuple):
    """A text without secrets.

    Attributes:
        text: What may be shown.
        passages: How many passages of it are hidden.
    """

    text: str
    passages: int


class Redactor:
    """Hides secrets in texts. Shows none itself: neither in a repr, nor in a pickle.

    Args:
        secrets: Values that are hidden wherever they stand: passwords, tokens.
        patterns: What users want hidden.
        has_builtin: Whether what looks like a secret is hidden, too.
    """

    __slots__ = ("_forms", "_has_builtin", "_patterns")

    def __init__(
        self,
        *,
        secrets: Iterable[str] = (),
        patterns: Sequence[re.Pattern[str]] = (),
        has_builtin: bool = True,
    ) -> None:
        written = (each for secret in secrets for each in _as_written(secret))
        forms = {form for each in written for form in forms_of(each) if len(form) >= _SHORTEST}
        self._forms = tuple(sorted(forms, key=len, reverse=True))
        self._patterns = tuple(patterns)
        self._has_builtin = has_builtin

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("what hides secrets is not pickled: they would be readable in plain text")

    def may_hide(self, test_ids: Sequence[str]) -> bool:
        """Return whether something in test IDs may have to be hidden; it costs less than that."""
        together = "\n".join(test_ids)
        return (
            bool(self._patterns)
            or HIDDEN in together
            or any(form in together for form in self._forms)
            or (self._has_builtin and may_hold(test_ids))
        )

    def hide(self, text: str) -> Hidden:
        """Return what a test or a report said, without secrets."""
        spans = [*self._find_own(text), *(_find_all(text) if self._has_builtin else ())]
        return _without(text, spans) if spans else Hidden(text, 0)

    def hide_certain(self, text: str) -> str:
        """Return one of our own sentences without what certainly is a secret.

        A test ID with a colon behind it would otherwise be the name of a value.
        """
        spans = [*self._find_own(text), *(_find_certain(text) if self._has_builtin else ())]
        return _without(text, spans).text if spans else text

    def may_hide_certain(self, text: str) -> bool:
        """Return whether `hide_certain` may find something in a text, or in texts within it."""
        return (
            bool(self._patterns)
            or any(form in text for form in self._forms)
            or (self._has_builtin and may_hold_certain(text))
        )

    def hide_in(self, value: Any) -> Any:
        """Return a JSON-able value of ours without what certainly is a secret, keys included."""
        if isinstance(value, str):
            return self.hide_certain(value)
        if isinstance(value, dict):
            return {self.hide_in(key): self.hide_in(each) for key, each in value.items()}
        return [self.hide_in(each) for each in value] if isinstance(value, (list, tuple)) else value

    def tidy(self, text: str, *, is_cut: bool = False) -> Hidden:
        """Return a message or note of a test as it is kept: without secrets, then shortened.

        Args:
            text: As it was read, at most `LONGEST_READ` characters of it.
            is_cut: Whether that was not all of it; one of that length is taken for cut anyway.
        """
        hidden, count = self.hide(clean(text))
        if is_cut or len(text) >= LONGEST_READ:
            hidden = hidden[:-_LOST] + ELLIPSIS
        return Hidden(shorten(hidden, at_most=MESSAGE_CHARACTERS), count)

    def tidy_all(self, texts: Iterable[str]) -> tuple[tuple[str, ...], int]:
        """Return several messages or notes as they are kept, and how many passages are hidden."""
        hidden = [self.tidy(text) for text in texts]
        return tuple(each.text for each in hidden), sum(each.passages for each in hidden)

    def tidy_result(self, result: TestResult) -> TestResult:
        """Return a result whose notes and those of its steps are kept like this."""
        if not (result.notes or result.steps):
            return result
        notes, in_notes = self.tidy_all(result.notes)
        said, in_steps = self.tidy_all(step.note for step in result.steps)
        steps = tuple(
            step._replace(note=note) for step, note in zip(result.steps, said, strict=True)
        )
        count = result.redacted + in_notes + in_steps
        return result._replace(notes=notes, steps=steps, redacted=count)

    def hide_provenance(self, provenance: Provenance) -> Provenance:
        """Return where results come from without secrets: a branch or a URL may hold one."""
        tests = provenance.tests
        if tests is not None:
            tests = tests._replace(hosts=self._hide_each(tests.hosts)[0])
        return provenance._replace(
            actor=self.hide(provenance.actor).text,
            job=self.hide(provenance.job).text,
            host=self.hide(provenance.host).text,
            commit=self.hide(provenance.commit).text,
            branch=self.hide(provenance.branch).text,
            tests=tests,
        )

    def hide_verdict(self, verdict: CaseVerdict) -> CaseVerdict:
        """Return what a hook made of a verdict, without what it said of secrets."""
        reasons, in_reasons = self._hide_each(verdict.reasons)
        steps = []
        for step in verdict.steps:
            notes, in_notes = self._hide_each(step.notes)
            steps.append(replace(step, notes=notes))
            in_reasons += in_notes
        results = tuple(map(self.hide_result, verdict.results))
        return replace(
            verdict, reasons=reasons, steps=tuple(steps), results=results, redacted=in_reasons
        )

    def hide_result(self, result: TestResult) -> TestResult:
        """Return a result of others, such as an old journal or a hook, without secrets."""
        said, count = self._hide_each(
            (
                *(result.test_id, result.message, result.host, result.trace, result.error_type),
                *(*(result.reported or ()), *result.notes),
            )
        )
        steps, in_steps = self._hide_each(step.note for step in result.steps)
        if not (count or in_steps):
            return result
        test_id, message, host, trace, error_type, *notes = said
        reported = result.reported
        if reported is not None:
            classname, name, *notes = notes
            reported = ReportedName(classname, name)
        return result._replace(
            test_id=test_id,
            message=message,
            host=host,
            notes=tuple(notes),
            steps=tuple(
                step._replace(note=note) for step, note in zip(result.steps, steps, strict=True)
            ),
            redacted=result.redacted + count + in_steps,
            trace=trace,
            error_type=error_type,
            reported=reported,
        )

    def _hide_each(self, texts: Iterable[str]) -> tuple[tuple[str, ...], int]:
        hidden = [self.hide(text) for text in texts]
        return tuple(each.text for each in hidden), sum(each.passages for each in hidden)

    def hide_words(self, words: Iterable[str]) -> list[str]:
        """Return a command line without secrets: ``--password x`` may be two of its words."""
        shown: list[str] = []
        option = ""
        for word in words:
            if option and not word.startswith("-"):
                pair = self.hide(f"{option} {word}").text
                shown.append(pair.removeprefix(f"{option} "))
            else:
                shown.append(self.hide(word).text)
            option = word if word.startswith("--") and "=" not in word else ""
        return shown

    def _find_own(self, text: str) -> Iterator[Span]:
        for form in self._forms:
            if form in text:
                yield from _places(form, text)
        if text.endswith(ELLIPSIS):
            yield from self._find_cut(text)
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                if match.end() > match.start() and match[0] != HIDDEN:
                    yield match.span()

    def _find_cut(self, text: str) -> Iterator[Span]:
        """Yield where the beginning of a secret stands before the mark of a cut."""
        end = len(text) - len(ELLIPSIS)
        for form in self._forms:
            for length in range(min(len(form), end), _SHORTEST - 1, -1):
                if text.endswith(form[:length], 0, end):
                    yield end - length, end
                    break


def _find_all(text: str) -> Iterator[Span]:
    """Yield where a text of a test or a report holds what looks like a secret."""
    if may_hold_value(text):
        from pytest_jama.core.key_values import find_values  # noqa: PLC0415 (compiles patterns)

        yield from find_values(text)
    yield from _find_certain(text)


def _find_certain(text: str) -> Iterator[Span]:
    """Yield what is a secret by its own form, also in the middle of our own sentences."""
    if may_hold_certain(text):
        from pytest_jama.core.secret_forms import find_certain  # noqa: PLC0415 (compiles patterns)

        yield from find_certain(text)


def _places(form: str, text: str) -> Iterator[Span]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


def _without(text: str, spans: list[Span]) -> Hidden:
    """Hide passages; those that overlap or touch are one."""
    kept: list[str] = []
    count = end_before = 0
    spans.sort()
    begin, end = spans[0]
    for start, stop in (*spans[1:], (len(text) + 1, 0)):
        if start <= end:
            end = max(end, stop)
            continue
        kept += (text[end_before:begin], HIDDEN)
        count += 1
        end_before, begin, end = end, start, stop
    return Hidden("".join((*kept, text[end_before:])), count)


def _as_written(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as a server or a library takes it in a wrong encoding."""
    yield secret
    if not secret.isascii():
        yield secret.encode("utf-8", "replace").decode("latin-1")
        yield secret.encode("ascii", "replace").decode("ascii")


def forms_of(secret: str) -> Iterator[str]:
    """Yield a secret in every form in which programs write it."""
    data = secret.encode("utf-8", "replace")
    yield secret
    yield " ".join(secret.split())
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield html.escape(secret).encode("ascii", "xmlcharrefreplace").decode("ascii")
    for text in (json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
        yield text[1:-1]
        yield text[1:-1].replace("/", "\\/")
    for text in (repr(secret), ascii(secret), repr(data)[1:]):
        yield text[1:-1]
        yield text[1:-1].replace("\\", "\\\\")
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        yield alphabet(data).decode("ascii")
        yield alphabet(data).decode("ascii").rstrip("=")
    yield data.hex()
    yield data.hex().upper()
    for encoded in (quote(data, safe=""), quote(data), quote_plus(data)):
        yield encoded
        yield _lower_escapes(encoded)


def _lower_escapes(encoded: str) -> str:
    first, *parts = encoded.split("%")
    return "%".join((first, *(part[:2].lower() + part[2:] for part in parts)))


def describe_hidden(count: int) -> str:
    """Return the line of an account some of whose text is hidden; empty for none."""
    verb = "is" if count == 1 else "are"
    return f"{counted(count, 'passage')} {verb} hidden as {HIDDEN}" if count else ""
