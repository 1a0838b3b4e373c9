"""What happens to HTML: normalised when stored, reduced to plain text when shown."""

import html
import re
from html.parser import HTMLParser

_BLOCK = re.compile(r"\s*<(p|div|ul|ol|table|h[1-6]|pre|blockquote)\b", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_END_OF_PARAGRAPH = re.compile(r"</p>\s*", re.IGNORECASE)
_LINE_ENDS = {"br", "p", "div", "li", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_HIDDEN = {"script", "style", "template", "head"}


def normalised(text: str) -> str:
    r"""Return rich text in the form that Jama stores.

    Source: values recorded from a real server read `<p>..</p>\n`, with `&nbsp;` for hard spaces.
    """
    if not text.strip():
        return ""
    block = text if _BLOCK.match(text) else f"<p>{text.strip()}</p>"
    block = _BREAK.sub("<br />", block).replace("\xa0", "&nbsp;")
    return _END_OF_PARAGRAPH.sub("</p>\n", block)


def plain(text: str) -> str:
    """Return the words of rich text, line by line, without any markup."""
    reader = _TextOf()
    reader.feed(text)
    reader.close()
    lines = (line.rstrip() for line in "".join(reader.parts).replace("\xa0", " ").split("\n"))
    return "\n".join(lines).strip()


def words_of(text: str) -> str:
    """Return what a reader sees of a text that may be rich or not, such as a step's result."""
    return plain(text) if _BLOCK.match(text) else text.strip()


class _TextOf(HTMLParser):
    """Collect the text of a document; a tag ends a line, scripts and styles are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _HIDDEN:
            self._hidden.append(tag)
        elif tag == "br" or (tag in _LINE_ENDS and not self._at_line_start()):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag == self._hidden[-1]:
            self._hidden.pop()
        elif tag in _LINE_ENDS and tag != "br":
            self.parts.append("\n")

    def _at_line_start(self) -> bool:
        return not self.parts or self.parts[-1].endswith("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def paragraph(text: str) -> str:
    """Return plain text as one paragraph of rich text."""
    return f"<p>{html.escape(text, quote=False)}</p>\n"
