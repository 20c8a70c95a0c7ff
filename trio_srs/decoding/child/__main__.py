"""The process that decodes: a request in, answers out, line by line. Floor 2.

It takes as much memory and time as it was told, and lets everything else have its turn first.
"""

from __future__ import annotations

import os
import resource
import sys

from trio_srs.decoding.wire_form import Done, read_request, written

_NICE = 10


def main() -> None:
    """Read the request, and answer it."""
    request = read_request(sys.stdin.buffer.readline())
    os.nice(_NICE)
    os.putenv("OPENBLAS_NUM_THREADS", "1")  # NumPy's threads would only take memory
    resource.setrlimit(resource.RLIMIT_AS, (request.most_bytes, request.most_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (request.most_cpu_s, request.most_cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from trio_srs.decoding.child.answering import answers

    out = sys.stdout.fileno()
    try:
        for answer in answers(request):
            _write(out, written(answer))
    except MemoryError:
        _write(out, written(Done(out_of_memory=True)))


def _write(out: int, line: bytes) -> None:
    """All of it, at once: what was not written when a decoder crashes is lost."""
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(out, rest) :]


main()
