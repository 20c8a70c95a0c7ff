"""``python -m trio_srs``: the command line. Floor 8."""

from __future__ import annotations

import sys

from trio_srs.app.cli import program

if __name__ == "__main__":
    sys.exit(program())
