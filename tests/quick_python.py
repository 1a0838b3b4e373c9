"""Stands in for Python: has a fork server fork ``python -m MODULE``, and ends as that does.

This file imports little: that is what it is for. A signal to this process reaches no other.
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
    if words[:1] != ("-m",):
        os.execv(sys.executable, [sys.executable, *words])  # noqa: S606 (Python)
    here, there = socket.socketpair()
    with there, socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        socket.send_fds(server, [b"+"], [there.fileno(), 0, 1, 2])
    wanted = {"words": words[1:], "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109 (pathlib takes time)
    here.sendall(json.dumps(wanted).encode())
    here.shutdown(socket.SHUT_WR)
    _, status = map(int, here.makefile().read().split())
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
