"""``python -m gradcheck`` is the command ``gradcheck``."""

import gc
import sys

from gradcheck.cli import main


def command() -> None:
    """Run the command and leave with its exit status."""
    status = main()
    gc.freeze()  # the process ends: to look through all it holds once more would free nothing
    sys.exit(status)


if __name__ == "__main__":
    command()
