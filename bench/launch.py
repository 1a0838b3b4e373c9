"""Runs a command and prints what it used: ``launch.py COMMAND...``.

On Linux the peak memory of a process is at least that of the process that started it. This one has
imported next to nothing.

Prints:
    A line behind ``measured:``: exit status, processor time in seconds, peak memory as the system
    counts it, wall time in seconds, and when it ended, in seconds since 1970. What the command
    prints goes nowhere.
"""

import os
import subprocess
import sys
import time

began = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
wall_s = time.perf_counter() - began
cpu_s = usage.ru_utime + usage.ru_stime
print("measured:", process.returncode, cpu_s, usage.ru_maxrss, wall_s, time.time(), flush=True)
