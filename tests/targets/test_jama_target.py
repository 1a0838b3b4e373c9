from __future__ import annotations

from tests.targets.contract import TargetContract


class TestJamaTarget(TargetContract):
    """Jama is a target; the fixture `world` is an empty project in the sandbox."""
