"""A process that decodes a picture, and is ended by a signal as a decoder that crashes."""

from __future__ import annotations

import os
import signal
import sys

from tests.media.decoded.measured import picture
from trio_srs.decoding.wire_form import read_request, written

if __name__ == "__main__":
    read_request(sys.stdin.buffer.readline())
    os.write(1, written(picture(7)))
    os.kill(os.getpid(), signal.SIGSEGV)
