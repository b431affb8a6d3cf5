"""``python -m gradcheck`` is the command ``gradcheck``."""

import gc
import signal
import sys


def command() -> None:
    """Run the command and leave with its exit status."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the command listens: no traceback
    from gradcheck.command.cli import last_words, main

    status: object = None
    try:
        status = main()
    except SystemExit as end:  # help, the version, a usage error
        status = end.code
    status = last_words() or status
    gc.freeze()  # the process ends: to look through all it holds once more would free nothing
    sys.exit(status)


if __name__ == "__main__":
    command()
