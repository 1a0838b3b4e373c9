"""Texts without secrets: our own credentials, what users name, and what looks like one. Pure.

One rule serves every front-end and every exit. What several rules find is hidden as one passage, so
that no rule leaves a piece of what another one saw.
"""

from __future__ import annotations

import base64
import html
import json
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib.parse import quote, quote_plus

from pytest_jama.core.results import LONGEST_READ, MESSAGE_CHARACTERS, Outcome
from pytest_jama.core.secret_forms import HIDDEN, find_all, find_certain, may_hold
from pytest_jama.core.text import ELLIPSIS, clean, counted, shorten

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.core.key_values import Span
    from pytest_jama.core.results import TestResult

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
        spans = [*self._find_own(text), *(find_all(text) if self._has_builtin else ())]
        return _without(text, spans) if spans else Hidden(text, 0)

    def hide_certain(self, text: str) -> str:
        """Return one of our own sentences without what certainly is a secret.

        A test ID with a colon behind it would otherwise be the name of a value.
        """
        spans = [*self._find_own(text), *(find_certain(text) if self._has_builtin else ())]
        return _without(text, spans).text if spans else text

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


class ShownResults:
    """The results of one session as they are written, printed and sent.

    Two tests whose IDs differ in a secret alone stay two: ``test[password=***]`` and
    ``test[password=***2]``, in the order in which they are met.

    Args:
        redactor: Hides secrets.
    """

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        self._by_id: dict[str, Hidden] = {}
        self._taken: set[str] = set()
        self._numbers: Counter[str] = Counter()
        self._plain: set[str] = set()

    def learn(self, test_ids: Iterable[str]) -> None:
        """Meet tests in an order that does not depend on how they are run.

        Many are looked at as one text: most sessions have no secret in any of their IDs.
        """
        remaining = iter(test_ids)
        while some := list(islice(remaining, _AT_ONCE)):
            if self.redactor.may_hide(some):
                for test_id in some:
                    self._look_at(test_id)
            else:
                self._plain.update(some)

    def name_of(self, test_id: str) -> str:
        """Return a test ID as it is shown."""
        return self._find(test_id).text

    def results(self, results: Sequence[TestResult]) -> list[TestResult]:
        """Return results of which all IDs may be shown."""
        self.learn(result.test_id for result in results)
        return list(map(self.result, results)) if self._by_id else list(results)

    def result(self, result: TestResult) -> TestResult:
        """Return a result whose ID, too, may be shown; its texts were tidied when it was made."""
        test_id = result.test_id
        if test_id in self._plain:
            return result
        name, passages = self._find(test_id)
        count = passages if result.outcome not in _NEVER_BEGUN else 0
        return result._replace(test_id=name, redacted=result.redacted + count)

    def _find(self, test_id: str) -> Hidden:
        hidden = self._by_id.get(test_id)
        if hidden is None and test_id not in self._plain:
            self._look_at(test_id)
            hidden = self._by_id.get(test_id)
        return hidden or Hidden(test_id, 0)

    def _look_at(self, test_id: str) -> None:
        hidden = self.redactor.hide(test_id)
        if HIDDEN not in hidden.text:
            self._plain.add(test_id)
        elif test_id not in self._by_id:
            name = self._name_apart(hidden.text)
            self._taken.add(name)
            self._by_id[test_id] = Hidden(name, hidden.passages)

    def _name_apart(self, shown: str) -> str:
        name = shown
        while name in self._taken:
            self._numbers[shown] += 1
            name = shown.replace(HIDDEN, f"{HIDDEN}{self._numbers[shown] + 1}", 1)
        return name


_AT_ONCE = 500
_NEVER_BEGUN = frozenset({Outcome.NOT_REACHED, Outcome.DESELECTED, Outcome.NOT_COLLECTED})
"""What the journal lists among the tests that there are, and not as a result."""


def describe_hidden(count: int) -> str:
    """Return the line of an account some of whose text is hidden; empty for none."""
    verb = "is" if count == 1 else "are"
    return f"{counted(count, 'passage')} {verb} hidden as {HIDDEN}" if count else ""
