"""The commands that make evidence and check it; see `commands`."""

from __future__ import annotations
