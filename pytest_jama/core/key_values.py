"""Values that stand behind a name such as ``password`` or ``Authorization``. Pure.

Only the value counts as secret: ``password=***`` still says what was wrong. In doubt about a value
it is one; the sentence around it never is. No pattern repeats a repetition of the same characters,
each repetition has an upper bound, and what was found is not searched again: the time grows with
the length of the text.

``password=x``, ``'token': 'y'``, ``--api-key z``, ``<secret>s</secret>``, ``Cookie: a=b; c=d``.
Some values are left: ``None``, ``${TOKEN}``, ``parse(x)``, "must be at least 8 characters".
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Span = tuple[int, int]

LONGEST_VALUE = 4096
"""Characters of a value that is not quoted to its end."""

_NAME = (
    r"pass(?:word|wd|phrase|code)|pwd|secret|token|credential|(?<![a-z0-9])sig|x-amz-signature"
    r"|(?:api|access|account|auth|private|shared|signing|encryption|subscription|master|session)"
    r"[ _\-]?key|access[_\-]?signature|session[_\-]?id|jsessionid|phpsessid"
)
_HEADER = r"authorization|cookie"
_TYPE = r"(?:str|bytes|SecretStr|Any|object|(?:Optional|Secret)\[\w{1,16}\]|str[ ]?\|[ ]?None)"
_HEAD = re.compile(
    rf"""(?:(?P<name>{_NAME})(?P<rest>[\w\-]{{0,64}})|(?P<header>{_HEADER}))
    (?:
      (?P<close>\\{{0,3}}["']?\]?)
      [ \t]{{0,8}}(?::[ \t]{{0,4}}{_TYPE}[ \t]{{0,4}}(?==))?
      (?P<sign>=>|:=|[=!]==?|==?|:(?!:))
      [ \t]{{0,8}}(?:\r?\n[ \t]{{1,8}})?
    | (?P<tag>>)
    | (?P<pair>["'],[ ]?(?=["']))
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"s?[_\-]?(?:type|count|len|size|limit|ur[li]|file|path|dir|name|expir|ttl|lifetime|policy"
    r"|field|min|max|required|valid|reset|strength|rule|error|hint|prompt|label|test|check|less"
    r"|izer|ize|ise|izing|ary|ly\b|id\b|input|page|form|view|manager|provider|endpoint|store)",
    re.IGNORECASE,
)
"""What a name goes on with that is not a secret itself: ``token_type``, ``password_length``."""

_OPTION = re.compile(
    r"""(?<![\w\-])--?(?P<name>[A-Za-z][\w\-]{2,64})
    (?P<gap>[ \t]{1,4}|\\{0,3}["'],?\s{1,4}(?=\\{0,3}["']))""",
    re.VERBOSE,
)
_IS_NAME = re.compile(rf"(?:{_NAME})(?P<rest>[\w\-]*)", re.IGNORECASE)
_LOGIN = re.compile(
    r"""(?<![\w\-])(?:-u|--user|--proxy-user)(?:[ =]|["'],?\s{1,4})["']?
    (?!\d{1,10}:)[^\s:"',]{1,64}:(?=[^\s/:])""",
    re.VERBOSE,
)
"""``curl -u ann:password``, but not ``docker run -u 1000:1000``."""

_OPENING = re.compile(
    r"(?:[A-Za-z_][\w.]{0,64}\([ ]?)?[bBrRuUfF]{0,2}(\\{0,3}(?:\"\"\"|'''|[\"'`]))"
)
_BARE = re.compile(
    r"""(?:
      [^\s,;&|"'<>]
    | [,;&|](?![\s"'>)\]}]|\Z|["']?[\w.\-]{1,64}["']?[ ]?[=:])
    | ["'](?=[\w$!#%@*])
    | <(?!/?[A-Za-z][\w\-]{0,16}[ ]?/?>)
    | >(?=\w)
    ){1,4096}""",
    re.VERBOSE,
)
_LINE = re.compile(r"[^\n]{0,4096}")
_BEHIND = ".,;:)]}>\"'\u2026"
"""What stands behind a value, and does not belong to it."""

_SCHEME = re.compile(
    r"(?:bearer|basic|token|negotiate|ntlm|api-?key|jwt|oauth|key)[ \t]{1,4}", re.IGNORECASE
)

_BEARER = re.compile(r"\b(?:bearer|basic)[ \t]{1,4}([\w\-.~+/]{8,}=*)", re.IGNORECASE)

_NO_SECRET = frozenset(
    re.findall(
        r"\w+",
        """
        a an and any are as at be been blank bool by bytes can cannot character characters class
        could default did does empty error exists expected expired fail failed failure false field
        flag for found from given got has have if in incorrect instead int invalid is it its least
        length long maximum may minimum mismatch mismatched missing most must name needed needs nil
        no none not null object ok on only option optional or passed password please present
        provided refused rejected required revoked same secret set short should skipped str string
        than that the this to token too true type unauthorized undefined unexpected unknown unset
        use used using valid value was were when which why will with without wrong xfailed xpassed
        yes you your
        """,
    )
)
"""Words with which a sentence goes on behind a name; and what programs write for no value."""

_PLACEHOLDER = re.compile(
    r"\$[A-Z_][A-Z0-9_]*|\$?\{\{?[^{}]*\}?\}|<[\w .\-]*>|%[sdr]|%\(\w+\)s|[xX*.\-_#]+|\*{3}.*"
)
_ATTRIBUTE = re.compile(r"(?:self|cls|os|sys|args|kwargs|request|config|settings)\.\w")
_CALL = re.compile(r"[A-Za-z_][\w.]{0,64}\(")
_EMPTY_CALL = re.compile(r"[A-Za-z_][\w.]{0,64}\(\)(?!\w)")
_PATH = re.compile(r"[~.]{0,2}/|[A-Za-z]:\\")
_BEFORE = 72
_IN_A_NAME = string.ascii_letters + string.digits + "_-"
_BRACKETS = {"[": "]", "(": ")"}


def find_values(text: str) -> Iterator[Span]:
    """Yield where the values of secret names stand."""
    at = 0
    for head in _HEAD.finditer(text):
        if head.start() >= at and _counts(head, text):
            span = _value_of(head, text)
            if span is not None:
                at = span[1]
                yield span
    for scheme in _BEARER.finditer(text):
        if not scheme[1].islower():
            yield scheme.span(1)
    if "-" in text:
        for option in _OPTION.finditer(text):
            name = _IS_NAME.search(option["name"])
            if (
                name
                and not _HARMLESS.match(name["rest"])
                and text[option.end() : option.end() + 1] != "-"
            ):
                yield from filter(None, [_plain(text, option.end(), name="", sign=" ")])
        for login in _LOGIN.finditer(text):
            yield from filter(None, [_plain(text, login.end(), name="", sign="=")])


def _counts(head: re.Match[str], text: str) -> bool:
    """Return whether what was found is a name with a value behind it."""
    if head["header"]:
        return bool(head["sign"])
    if _HARMLESS.match(head["rest"]):
        return False
    before = text[max(0, head.start() - _BEFORE) : head.start()]
    around = before.rstrip(_IN_A_NAME)
    if head["tag"]:
        return around.rstrip(_IN_A_NAME + ":.").endswith("<")
    if head["pair"]:  # of a tuple: ('password', 'x'), and no list of names
        return around.endswith(("('", '("'))
    # a test or a file, and the colon behind it: `test_token: failed`
    is_said_of = around.endswith(("/", "::")) or before[len(around) :].lower().startswith("test")
    return not (is_said_of and head["sign"] == ":" and not head["close"])


def _value_of(head: re.Match[str], text: str) -> Span | None:
    at = head.end()
    if head["tag"]:
        return _unless_left(text, at, _end_before(text, "<", at))
    if head["header"]:
        return _of_header(text, at, head)
    name = (head["name"] + head["rest"]).lower()
    return _plain(text, at, name=name, sign=head["sign"] or "", is_spaced=text[at - 1 : at] == " ")


def _plain(text: str, at: int, *, name: str, sign: str, is_spaced: bool = False) -> Span | None:
    """Return where one value stands that begins here; None when it is not one to be hidden."""
    opening = _OPENING.match(text, at)
    if opening:
        return _unless_left(text, opening.end(), _closing(text, opening[1], opening.end()))
    closing = _BRACKETS.get(text[at : at + 1])
    if closing:
        return _unless_left(text, at + 1, _end_before(text, closing, at + 1))
    bare = _BARE.match(text, at)
    value = bare[0].rstrip(_BEHIND) if bare else ""
    is_left = (
        _is_left(value)
        or _is_left(bare[0].rstrip(".,;:") if bare else "")
        or value.startswith("{")
        or (is_spaced and "=" in sign and _CALL.match(value))
        or _EMPTY_CALL.match(text, at)
        or (name.endswith("tokens") and value.isdigit())
        or (name == "pwd" and _PATH.match(value))
    )
    return None if is_left else (at, at + len(value))


def _end_before(text: str, closing: str, start: int) -> int:
    """Return where something stands on the same line, or else where that ends."""
    limit = _end_of_line(text, start)
    at = text.find(closing, start, limit)
    return at if at >= 0 else limit


def _end_of_line(text: str, start: int) -> int:
    line = _LINE.match(text, start)
    return line.end() if line else start


def _closing(text: str, opening: str, start: int) -> int:
    """Return where a quoted value ends: before its quote, or with its line when there is none.

    Inside of a text that is quoted itself a quote has a backslash, and one inside of that three.
    """
    mark = opening.lstrip("\\")
    depth = len(opening) - len(mark)
    is_long = len(mark) > 1
    limit = min(len(text), start + LONGEST_VALUE) if is_long else _end_of_line(text, start)
    at = text.find(mark, start, limit)
    while at >= 0:
        before = text[start:at]
        backslashes = len(before) - len(before.rstrip("\\"))
        if backslashes % (2 * depth + 2) == depth:
            return at - depth
        at = text.find(mark, at + len(mark), limit)
    return limit


def _of_header(text: str, at: int, head: re.Match[str]) -> Span | None:
    """Return where the value of a header stands: one word behind a scheme, else all of it."""
    opening = _OPENING.match(text, at)
    quote = text[max(0, head.start() - 1) : head.start()]
    if opening:
        at = opening.end()
        end = _closing(text, opening[1], at)
    elif quote in ("'", '"'):
        end = _end_before(text, quote, at)
    else:
        end = _end_of_line(text, at)
    scheme = _SCHEME.match(text, at, end)
    if scheme or (not opening and "=" in head["sign"]):
        at = scheme.end() if scheme else at
        bare = _BARE.match(text, at, end)
        end = at + len(bare[0].rstrip(_BEHIND)) if bare else at
    return _unless_left(text, at, end)


def _unless_left(text: str, start: int, end: int) -> Span | None:
    """Return the place of a value that has one or several words, unless it is not a secret."""
    value = text[start:end].strip()
    words = [word.lower().strip(_BEHIND + "[(") for word in value.split(maxsplit=4)[:4]]
    if sum(word in _NO_SECRET for word in words) > 1:  # a sentence
        return None
    return None if _is_left(value) else (start, end)


def _is_left(value: str) -> bool:
    """Return whether a value is none: empty, a word that says so, a variable, hidden already."""
    return (
        not any(map(str.isalnum, value))
        or value.lower() in _NO_SECRET
        or _PLACEHOLDER.fullmatch(value) is not None
        or _ATTRIBUTE.match(value) is not None
    )
