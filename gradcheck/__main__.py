"""``python -m gradcheck`` is the command ``gradcheck``."""

from gradcheck.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
