"""The check of an ALM Octane compares clocks, without waiting for either."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pytest_jama.config import OCTANE, load_settings
from pytest_jama.core.observation import Mark
from pytest_jama.sandbox.octane import OctaneSandbox
from pytest_jama.targets.http.give_up import Clocks
from pytest_jama.targets.octane.octane_check import OctaneCheck
from pytest_jama.targets.octane.octane_client import open_client

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.core.observation import Observation


@pytest.mark.parametrize(
    "behind_s, mark, told",
    [
        (0, Mark.OK, "this one"),
        (600, Mark.NOTE, "s ahead of this one; `--since` and the start of runs count by it"),
        (-600, Mark.NOTE, "s behind this one; `--since` and the start of runs count by it"),
    ],
)
def test_a_clock_that_is_far_away_is_told(
    behind_s: float, mark: Mark, told: str, tmp_path: Path
) -> None:
    found: list[Observation] = []
    with OctaneSandbox() as sandbox:
        settings = load_settings(
            start=tmp_path,
            file=None,
            flags={},
            environ={
                "OCTANE_URL": sandbox.browser_url,
                "OCTANE_USER": sandbox.credentials.user,
                "OCTANE_PASSWORD": sandbox.credentials.password,
            },
            kind=OCTANE,
        ).settings
        client = open_client(settings, clocks=Clocks(wall=lambda: time.time() - behind_s))
        assert OctaneCheck(client, settings, found.append).run()
        client.close()
    (clock,) = [each for each in found if each.name == "clock"]
    assert clock.mark is mark
    assert told in clock.text
    assert abs(clock.facts["server_ahead_s"] - behind_s) < 60
