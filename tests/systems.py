"""What a system must have for some tests; everything else is tested on all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

signals = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows sends no signal to one process, nor tells of one"
)
pipes = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with a path")
links = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows lets only administrators make symbolic links"
)
shell = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="needs bash, and a device that is always full: Linux"
)
