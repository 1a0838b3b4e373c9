from __future__ import annotations

import signal
import subprocess
import sys

PROGRAM = """
import itertools, time
from pytest_jama.session.interrupts import second_interrupt_ends_all

try:
    with second_interrupt_ends_all():
        print("ready", flush=True)
        while True:  # one long wait would not hear of a signal that comes just before it begins
            time.sleep(0.05)
except KeyboardInterrupt:
    print("first", flush=True)
    {then}
"""


def run(then: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM.format(then=then)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "first\n"
    return process


def test_a_second_interrupt_ends_what_runs_in_c() -> None:
    process = run("sum(itertools.repeat(1))")  # no end, and no step of the program in between
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT


def test_a_first_interrupt_lets_the_program_end_in_order() -> None:
    process = run("print('in order')")
    assert process.stdout
    assert process.stdout.read() == "in order\n"
    process.communicate(timeout=60)
    assert process.returncode == 0
