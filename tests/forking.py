"""A process that has gradcheck imported already and forks a copy of itself for every command.

A command in such a copy has arguments, a folder, an environment, streams and an exit status of its
own, as in any process, and not two seconds of imports. What depends on how the interpreter starts
(the hash seed, the locale, streams that are closed) needs a process started afresh.

The same file is the server (``forking.py ADDRESS``) and a client that stands for the command
(``forking.py ADDRESS --as ARGUMENT…``).
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

ACCESS = struct.Struct("!i")
STREAMS = 3
_NOT_IMPORTED = tuple(f"gradcheck.{x}" for x in ("__main__", "pytest_plugin", "jax", "torch"))
"""What runs, or needs what may not be installed."""


def ask(
    address: str, arguments: Sequence[str], folder: str, environment: Any, streams: Sequence[int]
) -> int:
    """Have a command run with these streams, and wait for its exit status."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(address)
        order = json.dumps([[*arguments], folder, dict(environment)]).encode()
        socket.send_fds(connection, [ACCESS.pack(len(order))], [*streams])
        connection.sendall(order)
        answer = _exactly(connection, ACCESS.size)
    if answer is None:
        raise RuntimeError("the command was ended before it had an exit status")
    return int(ACCESS.unpack(answer)[0])


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    found = b""
    while len(found) < size:
        more = connection.recv(size - len(found))
        if not more:
            return None
        found += more
    return found


def _import_all() -> None:
    from importlib import import_module
    from pkgutil import walk_packages

    import gradcheck

    for module in walk_packages(gradcheck.__path__, "gradcheck."):
        if not module.name.startswith((*_NOT_IMPORTED, "gradcheck.code.bridges.")):
            import_module(module.name)


def serve(address: str) -> None:
    """Fork a copy for every order, until the standard input ends: with who started this."""
    _import_all()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(address)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            ready, _, _ = select.select([listening, sys.stdin], [], [])
            if listening not in ready:
                return
            _bury()
            connection, _ = listening.accept()
            with connection:
                if os.fork() == 0:
                    listening.close()
                    _obey(connection)


def _bury() -> None:
    """Forget the copies that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _obey(connection: socket.socket) -> None:
    """Be the command that was ordered. Never returns."""
    status = 1
    try:
        head, streams, _, _ = socket.recv_fds(connection, ACCESS.size, STREAMS)
        order = _exactly(connection, ACCESS.unpack(head)[0])
        assert order is not None
        arguments, folder, environment = json.loads(order)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["gradcheck", *arguments]
        sys.path[0] = folder  # as ``python -m`` has it
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            for number, mode in enumerate("rww")
        )
        status = _run()
    finally:
        connection.sendall(ACCESS.pack(status))
        os._exit(status)


def _run() -> int:
    from gradcheck.__main__ import command

    try:
        command()
        status: object = 0
    except SystemExit as end:
        status = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    return status if isinstance(status, int) else int(status is not None)


if __name__ == "__main__":
    if sys.argv[2:3] == ["--as"]:
        sys.exit(ask(sys.argv[1], sys.argv[3:], os.getcwd(), os.environ, range(STREAMS)))
    serve(sys.argv[1])
