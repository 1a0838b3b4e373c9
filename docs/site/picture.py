"""Make the README's picture: a real session of examples/demo, and the sandbox's page of its cycle.

`make picture` runs it; it needs tmux, and Chromium or Chrome. No page of this folder is part of the
site.
"""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "pictures" / "first-result.png"
_TOOLBOX = (sys.executable, "-u", "-m", "pytest_jama", "sandbox", "--db", "state.sqlite")
_OTHERS = ("randomly", "hypothesispytest", "anyio", "pytest_cov", "check", "flaky", "pytest-bdd")
_PYTEST = (
    *(sys.executable, "-m", "pytest", "--jama", "--color=yes", "-p", "no:pytest-retry"),
    *(word for name in _OTHERS for word in ("-p", f"no:{name}")),
)
_OF_THE_PLATFORM = re.compile(
    r"^(?:\x1b\[[0-9;]*m)*(platform|rootdir:|configfile:|plugins:|cachedir:|  JAMA_).*\n",
    re.MULTILINE,
)
_COMMAND = "$ pytest-jama sandbox --seed jama.yaml --seed seed.yaml -- pytest --jama\n"
_COLUMNS, _ROWS = 96, 80
_WIDTH_PX, _HEIGHT_PX, _PAGE_PX = 1480, 650, 640
_COLOURS = [(23, 25, 31), (255, 107, 107), (126, 211, 133), (240, 198, 116)]
_COLOURS += [(122, 162, 247), (187, 154, 247), (125, 207, 255), (216, 219, 226)]
_THEME = TerminalTheme((23, 25, 31), (216, 219, 226), _COLOURS)
_HTML = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 16px; background: #f3f4f7; display: flex; gap: 16px; height: 618px; }}
div {{ overflow: hidden; border-radius: 8px; border: 1px solid #c3c8d4; }}
.terminal {{ background: #17191f; color: #d8dbe2; padding: 12px 14px; flex: 1; }}
pre {{ margin: 0; font: 12px/1.4 monospace; white-space: pre-wrap; overflow-wrap: anywhere; }}
.page {{ background: #fff; width: {page}px; }} img {{ width: {page}px; display: block; }}
</style><div class="terminal"><pre>{terminal}</pre></div>
<div class="page"><img src="data:image/png;base64,{image}"></div>"""


def main() -> None:
    """Write the picture anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(ROOT / "examples" / "demo", Path(name) / "demo"))
        said = _session(folder)
        page = _page_of_cycle(folder, re.findall(r"\(id (\d+)\)", said)[1])
        image = base64.b64encode(page.read_bytes()).decode()
        both = folder / "both.html"
        html = _HTML.format(page=_PAGE_PX, terminal=_as_html(said), image=image)
        both.write_text(html, encoding="utf-8")
        PICTURE.parent.mkdir(exist_ok=True)
        _photograph(both.as_uri(), PICTURE, width_px=_WIDTH_PX)


def _session(folder: Path) -> str:
    """Return what a terminal shows of the command of the README, with its colours."""
    environment = {name: text for name, text in os.environ.items() if name[:5] != "JAMA_"}
    words = [*_TOOLBOX, "--seed", "jama.yaml", "--seed", "seed.yaml", "--", *_PYTEST]
    command = f"{shlex.join(words)}; tmux wait-for -S over; sleep 60"
    size = ["-x", str(_COLUMNS), "-y", str(_ROWS)]
    tmux = ["tmux", "-S", str(folder / "tmux")]  # a server of our own
    try:
        _run([*tmux, "new-session", "-d", *size, command], cwd=folder, env=environment)
        _run([*tmux, "wait-for", "over"])
        said = _run([*tmux, "capture-pane", "-e", "-p", "-S", "-"])
    finally:
        _run([*tmux, "kill-server"])
    end = said.index("\n", said.rindex(" passed"))
    return _OF_THE_PLATFORM.sub("", re.sub(r"\n{3,}", "\n\n", said[:end] + "\n"))


def _run(words: Sequence[str], **options: Any) -> str:
    told = subprocess.run(words, check=True, capture_output=True, text=True, **options)  # noqa: S603 (words of our own)
    return str(told.stdout)


def _as_html(said: str) -> str:
    console = Console(record=True, width=_COLUMNS, file=Path(os.devnull).open("w"))  # noqa: SIM115
    prompt = (_COMMAND, "bold")
    console.print(Text.assemble(prompt, Text.from_ansi(said.strip())))
    return console.export_html(inline_styles=True, code_format="{code}", theme=_THEME)


def _page_of_cycle(folder: Path, cycle_id: str) -> Path:
    """Serve what the session has left, and take a picture of the cycle's page."""
    with subprocess.Popen(  # noqa: S603 (our own command)
        [*_TOOLBOX, "--port", "0"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        said = server.stdout.readline() if server.stdout else ""
        address = re.findall(r"http://\S+", said)[0]
        image = folder / "page.png"
        _photograph(f"{address}/cycles/{cycle_id}", image, width_px=_PAGE_PX)
        server.terminate()
    return image


def _photograph(address: str, image: Path, *, width_px: int) -> None:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        raise SystemExit("the picture needs Chromium or Chrome")
    subprocess.run(  # noqa: S603 (a browser)
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--window-size={width_px},{_HEIGHT_PX}", f"--screenshot={image}", address),
        ],
        check=True,
        capture_output=True,
    )


if __name__ == "__main__":
    main()
