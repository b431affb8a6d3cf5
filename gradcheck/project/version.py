"""The version of gradcheck."""

__version__ = "0.1.0"
