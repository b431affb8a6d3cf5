"""gradcheck: finds out whether a written gradient is right."""

__version__ = "0.1.0"
