from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from tests.every import every

HTTP = Path(str(import_module("pytest_jama.targets.http").__file__)).parent


@every("module", sorted(HTTP.glob("*.py")))
def test_http_does_not_know_which_server_it_speaks_to(module: Path) -> None:
    text = re.sub(r"pytest[_-]jama", "", module.read_text(encoding="utf-8"))
    assert "jama" not in text.lower()
