"""A fuzzer of AMF: ``python tests/fuzz/fuzz_amf.py -runs=100000``, other flags as libFuzzer's.

Needs atheris. It starts from the corpus and the letter of the specifications, and checks what
``tests/wire/amf/invariants.py`` says of any bytes: they are read, and can be written and read
again, or they are blamed on the peer.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "data" / "amf"
FOUND = ROOT / "build" / "fuzz" / "amf"


def main() -> None:
    """Run until a flag or a finding ends it; libFuzzer exits by itself."""
    sys.path.insert(0, str(ROOT))
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["trio_srs.wire.amf"]):
        invariants = importlib.import_module("tests.wire.amf.invariants")
        cases = importlib.import_module("tests.wire.amf.cases")
    # libFuzzer adds what it finds to the first folder: keep that out of the committed corpus.
    FOUND.mkdir(parents=True, exist_ok=True)
    for case in [*cases.AMF0, *cases.AMF3]:
        name = "".join(c if c.isalnum() else "_" for c in case.name)
        Path(FOUND, name).write_bytes(case.data)
    atheris.Setup([*sys.argv, str(FOUND), str(CORPUS)], invariants.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
