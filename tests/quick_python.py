"""Stands in for Python: has a fork server fork ``python -m MODULE``, and ends as that does.

This file imports little: that is what it is for. A signal to this process reaches no other; who
wants to send one gives a descriptor before all arguments, and is told there whom to send it to.
"""

import json
import os
import signal
import socket
import sys


def main(address: str, *words: str) -> None:
    """Do what Python does with its arguments.

    Args:
        address: Where the server is called.
        words: The arguments.
    """
    told = int(words[0]) if words[0].isdigit() else None
    words = words if told is None else words[1:]
    if words[:1] != ("-m",):
        os.execv(sys.executable, [sys.executable, *words])  # noqa: S606 (Python)
    here, there = socket.socketpair()
    with there, socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        socket.send_fds(server, [b"+"], [there.fileno(), 0, 1, 2])
    wanted = {"words": words[1:], "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109 (pathlib takes time)
    here.sendall(json.dumps(wanted).encode())
    here.shutdown(socket.SHUT_WR)
    answers = here.makefile()
    process = answers.readline()
    if told is not None:
        os.write(told, process.encode())
        os.close(told)
    status = int(answers.readline())
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
