"""Refuse a site that loads from elsewhere, or with a link to nowhere: ``check_site.py FOLDER``."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {"src", "srcset", "poster", "data", "action"}
_LINKS_THAT_LOAD = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch"}
_ELSEWHERE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)


class _Page(HTMLParser):
    """Finds what a page loads, whether its policy forbids that, its anchors and its links."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.has_policy = False
        self.anchors: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.has_policy = "http" not in given["content"]
        loaded = [given[name] for name in _LOADED & given.keys()]
        if tag == "link" and _LINKS_THAT_LOAD & set(given.get("rel", "").split()):
            loaded.append(given.get("href", ""))
        loaded += _STYLE.findall(given.get("style", ""))
        self.anchors.add(given.get("id", ""))
        self.links += [given["href"]] if tag == "a" and "href" in given else []
        self.loaded += [each for each in loaded if _ELSEWHERE.match(each.strip())]


def faults_of_page(html: str) -> list[str]:
    """Say what a page loads from elsewhere, and whether nothing forbids it to."""
    page = _parsed(html)
    faults = [f"loads {each}" for each in page.loaded]
    return faults if page.has_policy else [*faults, "has no policy against other servers"]


def faults_of_style(css: str) -> list[str]:
    """Say what a style sheet loads from elsewhere."""
    return [f"loads {each}" for each in _STYLE.findall(css)]


def faults_of_links(folder: Path) -> list[tuple[Path, str]]:
    """Say which links within a site lead to no page, or to no place in one."""
    pages = {path.resolve(): _parsed(_read(path)) for path in folder.rglob("*.html")}
    faults = []
    for path, page in pages.items():
        for link in page.links if path.name != "404.html" else ():
            url = urlsplit(link)
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            if url.scheme or url.netloc:
                continue
            there = pages.get(target) or pages.get(target / "index.html")
            if there is None and not target.is_file():
                faults.append((path, f"links to {link}, which is not there"))
            elif there is not None and unquote(url.fragment) not in {*there.anchors, ""}:
                faults.append((path, f"links to {link}: the page has no such place"))
    return faults


def main(folder: Path) -> int:
    """Print each fault of the site in a folder; return 1 if there is one, or no page."""
    pages = sorted(folder.rglob("*.html"))
    found = [(page, fault) for page in pages for fault in faults_of_page(_read(page))]
    found += sorted(faults_of_links(folder))
    found += [
        (style, fault)
        for style in sorted(folder.rglob("*.css"))
        for fault in faults_of_style(_read(style))
    ]
    for path, fault in found:
        print(f"{path}: {fault}", file=sys.stderr)
    return 0 if pages and not found else 1


def _parsed(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    return page


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
