"""Sends a report to the server of its environment, and prints what that took.

`bench.octane` runs it in ``pytest-jama sandbox --target octane -- ...``, so that client and server
are two processes.

Prints:
    A line of JSON behind `MARK`: wall time and processor time in seconds, peak memory in MB.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from bench.probes import Command, measure_usage

MARK = "octane-upload "

if __name__ == "__main__":
    report, folder = sys.argv[1], Path.cwd()
    names = [name for name in os.environ if name.startswith("OCTANE_")]
    given = [f"{name}={os.environ[name]}" for name in names]
    uploader = (sys.executable, "-m", "junit_uploader", report)
    started_s = time.perf_counter()
    usage = measure_usage(Command(("/usr/bin/env", *given, *uploader), folder))
    wall_s = time.perf_counter() - started_s
    print(MARK + json.dumps([wall_s, usage.cpu_s, usage.peak_kb / 1024]))
