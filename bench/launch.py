"""Runs a command and prints what it used: ``launch.py COMMAND...``.

On Linux the peak memory of a process is at least that of the process that started it. This one has
imported next to nothing.

Prints:
    Exit status, processor time in seconds, peak memory as the system counts it, one a line.
"""

import os
import subprocess
import sys

process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, sep="\n")
