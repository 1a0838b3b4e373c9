"""What happens to HTML: normalised when stored, reduced to plain text when shown."""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

Found = TypeVar("Found")

_BLOCK = re.compile(r"\s*<(p|div|ul|ol|table|h[1-6]|pre|blockquote)\b", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_END_OF_PARAGRAPH = re.compile(r"</p>\s*", re.IGNORECASE)
_LINE_ENDS = {"br", "p", "div", "li", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_ALONE = {"br", "hr", "img"}
_HIDDEN = {"script", "style", "template", "head"}
_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[a-z][^\s/<>]*) (?: [^<>"'] | "[^"<]*" | '[^'<]*' )* >"""
    r"""|<[!?/][^<>]*>""",  # a declaration, an instruction, an end of nothing
    re.IGNORECASE | re.VERBOSE,
)
"""No part goes beyond the next `<`, so that searching costs the same for each character."""

_REFERENCE = re.compile(r"&#?[0-9A-Za-z]{1,32};?", re.ASCII)
"""Longer ones name no character, and `html.unescape` refuses numbers of 4,300 digits."""


def normalised(text: str) -> str:
    r"""Return rich text in the form that Jama stores.

    Source: values recorded from a real server read `<p>..</p>\n`, with `&nbsp;` for hard spaces.
    """
    if not text.strip():
        return ""
    block = text if _BLOCK.match(text) else f"<p>{text.strip()}</p>"
    block = _BREAK.sub("<br />", block).replace("\xa0", "&nbsp;")
    return _END_OF_PARAGRAPH.sub("</p>\n", block)


_HARMLESS = {
    *("a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
    *("i", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody"),
    *("td", "tfoot", "th", "thead", "tr", "u", "ul"),
}


def cleaned(text: str) -> str:
    """Return HTML without attributes, scripts, comments and tags that are not known.

    Source: Jama help, "HTML tag security cleaning": what it lets through is not said.
    """
    return "".join(_harmless_parts(_without_comments(text)))


def _harmless_parts(text: str) -> Iterator[str]:
    hidden = ""
    read_to = 0
    for tag in chain(_TAG.finditer(text), (None,)):
        if not hidden:
            yield text[read_to : tag.start() if tag else len(text)]
        if tag is None:
            return
        read_to = tag.end()
        name, is_end = (tag["name"] or "").lower(), bool(tag["end"])
        if hidden or (name in _HIDDEN and not is_end):
            hidden = "" if is_end and name == hidden else hidden or name
        elif name in _HARMLESS:
            yield f"</{name}>" if is_end else f"<{name} />" if name in _ALONE else f"<{name}>"


@dataclass(frozen=True)
class EmbeddedImage:
    """An image in a rich text, and where that says it is."""

    source: str


def plain(text: str) -> str:
    """Return the words of rich text, line by line, without any markup."""
    if not _NOT_PLAIN.search(text):
        return text.strip()
    parts = _shown_parts(_without_comments(text))
    return _tidy(part for part in parts if isinstance(part, str))


_NOT_PLAIN = re.compile(r"[<&\n\xa0]")


def _tidy(parts: Iterable[str]) -> str:
    lines = (line.rstrip() for line in "".join(parts).replace("\xa0", " ").split("\n"))
    return "\n".join(lines).strip()


def words_and_images(text: str, find: Callable[[str], Found | None]) -> list[str | Found]:
    """Return what a reader sees of a text that may be rich or not: words and images, in order.

    Args:
        text: What a run or a step holds.
        find: Returns the image at an address; None where that is not to be shown.
    """
    if not is_html(text):
        return [text.strip()] if text.strip() else []
    pieces: list[str | Found] = []
    words: list[str] = []
    for part in chain(_shown_parts(_without_comments(text)), (None,)):
        if isinstance(part, str):
            words.append(part)
            continue
        image = find(part.source) if part else None
        if image is not None or part is None:
            pieces += [_tidy(words), image] if image is not None else [_tidy(words)]
            words.clear()
    return [piece for piece in pieces if piece]


def is_html(text: str) -> bool:
    """Return whether a text reads as HTML: nothing in it is left that HTML would have escaped.

    What the result of a step is, is not said: its other texts are HTML, which is cleaned as rich
    text is; some clients send words. So `a &lt; b` is HTML, and `a < b &lt; c` is words.
    """
    if _BLOCK.match(text):
        return True
    left = _NAMED_CHARACTER.sub(_unknown, _BREAK.sub("", text))
    return left != text and not _NEEDS_ESCAPING.search(left)


_NEEDS_ESCAPING = re.compile(r"[<&]")
_NAMED_CHARACTER = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][0-9A-Za-z]{1,30});")


def _unknown(reference: re.Match[str]) -> str:
    return "" if html.unescape(reference[0]) != reference[0] else reference[0]


def _without_comments(text: str) -> str:
    """Cut comments out; one without an end reaches to the end of the text."""
    head, *rest = text.split("<!--")
    return head + "".join(part.partition("-->")[2] for part in rest)


def _shown_parts(text: str) -> Iterator[str | EmbeddedImage]:
    """Walk through text and images; a tag ends a line, scripts are left out."""
    hidden = ""
    is_line_start = True
    read_to = 0
    for tag in chain(_TAG.finditer(text), (None,)):
        words = _unescaped(text[read_to : tag.start() if tag else len(text)])
        if words and not hidden:
            yield words
            is_line_start = words.endswith("\n")
        if tag is None:
            return
        read_to = tag.end()
        name, is_end = (tag["name"] or "").lower(), bool(tag["end"])
        if hidden or (name in _HIDDEN and not is_end):
            hidden = "" if is_end and name == hidden else hidden or name
        elif name == "img" and not is_end:
            yield EmbeddedImage(_source_of(tag[0]))
        elif name in _LINE_ENDS and _ends_line(name, is_end=is_end, is_line_start=is_line_start):
            yield "\n"
            is_line_start = True


_SOURCE = re.compile(
    r"""[\s"']src\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'>]+))""",
    re.IGNORECASE,
)


def _source_of(tag: str) -> str:
    match = _SOURCE.search(tag)
    return _unescaped(next(filter(None, match.groups()), "")) if match else ""


def _ends_line(name: str, *, is_end: bool, is_line_start: bool) -> bool:
    if name == "br":
        return not is_end
    return is_end or not is_line_start


def _unescaped(text: str) -> str:
    return _REFERENCE.sub(lambda reference: html.unescape(reference[0]), text)


def paragraph(text: str) -> str:
    """Return plain text as one paragraph of rich text."""
    return f"<p>{html.escape(text, quote=False)}</p>\n"


def rich(text: str) -> str:
    """Return a text of people as rich text: an empty line ends a paragraph, HTML stays."""
    if _BLOCK.match(text):
        return text
    parts = [part.strip() for part in re.split(r"\n\s*\n", text.strip())]
    return "".join(
        paragraph(part).replace("\n", "<br />", part.count("\n")) for part in parts if part
    )
