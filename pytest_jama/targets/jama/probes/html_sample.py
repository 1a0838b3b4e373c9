"""HTML as accounts and people write it, to see what a server keeps of it. Pure."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

SAMPLE = (
    '<p style="color:red" class="note">red <b>bold</b> <strong>strong</strong> <em>em</em> '
    '<i>i</i> <u>u</u> <code>code</code> <a href="https://example.org/" title="t">link</a>'
    "<br />5 &lt; 6&nbsp;&amp; 7</p><ul><li>one</li></ul><ol><li>two</li></ol>"
    '<table border="1"><tr><td colspan="2">cell</td></tr></table><pre>pre</pre>'
    '<h3>title</h3><div id="d"><span data-x="1">span</span></div>'
    '<img src="https://example.org/i.png" alt="i" />'
)
"""HTML with tags and attributes that an account or a user may have."""


def compare_html(stored: str) -> dict[str, Any]:
    """Say which tags and attributes of the sample remain."""
    sent, there = _parts(SAMPLE), _parts(stored)
    if stored == SAMPLE:
        what = "as it was sent"
    elif not stored:
        what = "nothing"
    elif not there:
        what = "without any tag"
    else:
        what = "rewritten"
    return {
        "stored": what,
        "lost": [each for each in sent if each not in there],
        "added": [each for each in there if each not in sent],
    }


class _Parts(HTMLParser):
    """Collects tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] = None
        self.found.update(dict.fromkeys(f"{tag} {name}" for name, _ in attrs))


def _parts(text: str) -> list[str]:
    parser = _Parts()
    parser.feed(text)
    return list(parser.found)
