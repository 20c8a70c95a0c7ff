"""``relay`` passes clients on until it is interrupted, and says what is no fault."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["http://host"], "expected rtmp://"),
        (["rtmps://host"], "a relay passes on bytes"),
        (["rtmp://host", "--fault", "rest publish"], "did you mean 'reset'"),
        (["rtmp://host", "--fault", "drop play"], "a relay cannot do that"),
        (["rtmp://host", "--listen", "here:x"], "--listen"),
        (["rtmp://host", *["--fault", "refuse publish"] * 2], "contradicts fault-1"),
    ],
)
def test_what_cannot_be_is_a_usage_error(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["relay", *words]) == Exit.USAGE
    assert said in capsys.readouterr().err


@pytest.mark.interop
def test_it_says_where_it_listens_and_ends_in_good_order() -> None:
    command = [sys.executable, "-m", "trio_srs", "relay", "rtmp://127.0.0.1:9"]
    command += ["--listen", "127.0.0.1:0", "--fault", "reset publish after=2s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as relay:
        assert relay.stdout is not None
        assert relay.stdout.readline().startswith("relaying at rtmp://127.0.0.1:")
        relay.send_signal(signal.SIGTERM)
        assert relay.wait(10) == Exit.OK
