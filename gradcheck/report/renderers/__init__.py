"""Rendering: one report, many formats; each module has ``render(report) -> str``."""
