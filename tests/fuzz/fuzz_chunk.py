"""Fuzz the chunk reader: ``python tests/fuzz/fuzz_chunk.py -runs=100000``, flags as libFuzzer's.

Needs atheris. It starts from the corpus, and checks what ``tests/wire/rtmp/plain_chunks.py`` says
of any bytes: they give the same messages and the same complaint as a reader without shortcuts
gives, whole or in pieces.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "data" / "chunk"
FOUND = ROOT / "build" / "fuzz" / "chunk"


def main() -> None:
    """Run until a flag or a finding ends it; libFuzzer exits by itself."""
    sys.path.insert(0, str(ROOT))
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["trio_srs.wire.rtmp"]):
        plain_chunks = importlib.import_module("tests.wire.rtmp.plain_chunks")
    # libFuzzer adds what it finds to the first folder: keep that out of the committed corpus.
    FOUND.mkdir(parents=True, exist_ok=True)
    atheris.Setup([*sys.argv, str(FOUND), str(CORPUS)], plain_chunks.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
