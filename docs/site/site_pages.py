"""What MkDocs asks while it builds the site: pages from outside of docs/, links that leave it.

A page links to files as they lie in the repository, so that it reads well there. On the site such a
link leads to the page that was made of the file, or to the file in the public repository.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import normpath, relpath
from typing import Any

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/pytest-jama/pytest-jama"
SOURCES = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "security-policy.md": "SECURITY.md",
    "examples.md": "examples/README.md",
    "examples-ci.md": "examples/ci/README.md",
    "examples-junit.md": "examples/junit/README.md",
}
"""Pages of the site: the file in the repository that each is."""
_PAGES = {source: page for page, source in SOURCES.items()}
_LINK = re.compile(r"(\]\(|(?:src|href)=\")(?![a-z]+:|#|/)([^)\"#\s]+)(?=[)\"#\s])")
_CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)


def on_files(files: Any, config: Any) -> Any:
    """Add the pages whose text lies outside of docs/, and what the pages load."""
    from mkdocs.structure.files import File  # noqa: PLC0415 (not installed where tests run)

    for page, source in SOURCES.items():
        files.append(File.generated(config, page, content=_read(source)))
    for asset in sorted((Path(__file__).parent / "assets").iterdir()):
        files.append(
            File.generated(config, f"assets/{asset.name}", abs_src_path=str(asset)),
        )
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead the links of a page to pages of the site, or to the repository."""
    uri = page.file.src_uri
    return link_within_site(markdown, source=SOURCES.get(uri, f"docs/{uri}"), page=uri)


def link_within_site(markdown: str, *, source: str, page: str) -> str:
    """Return a page's text with links that work on the site.

    Args:
        markdown: The text as it stands in the repository.
        source: The file that it comes from, from the repository's root.
        page: What the page is called on the site, from its root.
    """
    folder = source.rpartition("/")[0]

    def lead(match: re.Match[str]) -> str:
        return match[1] + _place(normpath(f"{folder}/{match[2]}".lstrip("/")), page)

    parts = _CODE.split(markdown)  # odd ones are code, which has no links
    parts[::2] = [_LINK.sub(lead, part) for part in parts[::2]]
    return "".join(parts)


def _place(path: str, page: str) -> str:
    """Return how a page leads to a file of the repository."""
    on_site = _PAGES.get(path, path.removeprefix("docs/"))
    if path.startswith("docs/") or path in _PAGES:
        return relpath(on_site, page.rpartition("/")[0] or ".")
    place = ROOT / path
    if not place.exists():
        return path  # as it stands: MkDocs warns of it, and --strict fails
    return f"{REPOSITORY}/{'tree' if place.is_dir() else 'blob'}/main/{path}"


def _read(source: str) -> str:
    return (ROOT / source).read_text(encoding="utf-8")
