"""How Sphinx builds the documentation: MyST Markdown in, furo out."""

from __future__ import annotations

from typing import Final

from trio_srs.version import VERSION

project: Final = "trio-srs"
author: Final = "The trio-srs maintainers"
project_copyright: Final = "2026, The trio-srs maintainers"
release: Final = VERSION

extensions: Final = ["myst_parser"]
myst_heading_anchors: Final = 3
exclude_patterns: Final = ["_build"]
nitpicky: Final = True
# Diagrams in mermaid are drawn by whoever shows the Markdown itself; here they stay text.
suppress_warnings: Final = ["misc.highlighting_failure"]

html_theme: Final = "furo"
html_title: Final = f"trio-srs {release}"
