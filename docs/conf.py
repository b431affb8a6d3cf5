"""How Sphinx builds these pages: ``sphinx-build -W docs build/docs``."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_extensions")]

from gradcheck.project.version import __version__

project = "gradcheck"
author = "gradcheck maintainers"
copyright = "gradcheck maintainers, MIT licence"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "generated"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # a page may begin with a comment
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
html_theme = "furo"
html_title = f"gradcheck {__version__}"
html_copy_source = False
