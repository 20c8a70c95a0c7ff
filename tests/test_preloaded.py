"""A program that is forked does as one that is started: its words, streams, folder and end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import preloaded
from tests.testing.processes import all_gone

TELLING = """
import os, sys
print(sys.argv, os.getcwd(), os.environ["WHO"], sys.stdin.read())
print(sys.stdout.encoding, file=sys.stderr)
sys.exit(7)
"""


def test_it_has_its_words_folder_and_environment_and_ends_with_its_code(tmp_path: Path) -> None:
    environ = {**os.environ, "WHO": "it", "PYTHONIOENCODING": "ascii"}
    words = [sys.executable, "-c", TELLING, "a", "b"]
    done = preloaded.run(words, timeout=20, cwd=tmp_path, env=environ, stdin=subprocess.DEVNULL)
    assert done.stdout == f"['-c', 'a', 'b'] {tmp_path} it \n"
    assert (done.stderr, done.returncode) == ("ascii\n", 7)


@pytest.mark.parametrize(
    ("program", "code", "said"),
    [
        ("raise ValueError('x')", 1, "ValueError: x"),
        ("import sys; sys.exit('no')", 1, "no"),
        ("import os; os.kill(os.getpid(), 9)", -9, ""),
        ("import atexit, sys; atexit.register(print, 'last', file=sys.stderr)", 0, "last"),
        ("import sys; sys.stdout = open('/dev/full', 'w'); print(1)", 120, "No space left"),
    ],
)
def test_however_it_ends_that_is_how_it_ended(program: str, code: int, said: str) -> None:
    done = preloaded.run([sys.executable, "-c", program], timeout=20)
    assert (done.returncode, said in done.stderr) == (code, True)


def test_a_file_finds_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("NAME = 'a neighbour'")
    (tmp_path / "program.py").write_text("import other\nprint(other.NAME, __name__)")
    done = preloaded.run([sys.executable, str(tmp_path / "program.py")], timeout=20)
    assert done.stdout == "a neighbour __main__\n"


def test_a_stream_can_be_closed_and_a_descriptor_passed_on() -> None:
    reading, writing = os.pipe()
    program = f"import os, sys; os.write({writing}, b'%r' % sys.stdout)"
    words = [sys.executable, "-c", program]
    with preloaded.popen(words, closed=[1], pass_fds=(writing,)) as process:
        os.close(writing)
        assert os.read(reading, 100) == b"None"
        assert process.wait(20) == 0
    os.close(reading)


async def test_tasks_can_wait_for_it_and_end_it() -> None:
    program = "import time; print('here', flush=True); time.sleep(60)"
    process = preloaded.open_process([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.receive_some() == b"here\n"
    assert process.returncode is None
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == -signal.SIGTERM
    await process.stdout.aclose()


WAITING = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_command_passes_signals_on_and_its_program_ends_with_it(number: signal.Signals) -> None:
    words = preloaded.command("-c", WAITING)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert pid != process.pid
        process.send_signal(number)
        assert process.wait(20) == -number
    assert all_gone([pid])


def test_a_program_is_found_by_its_name_and_gives_its_code(tmp_path: Path) -> None:
    preloaded.program(tmp_path, "count", "-c", "import sys; print(sys.argv); sys.exit(3)")
    words = ["sh", "-c", "count a 'b c' 2>&-"]
    environ = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        words, env=environ, capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.returncode, done.stdout) == (3, "['-c', 'a', 'b c']\n")


def test_a_run_of_somebodys_tests_forks_its_servers_from_what_is_there_already(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_it.py").write_text(
        """
import os
from trio_srs.testing import ServerProcess
from trio_srs.testing.fork_server import close_fork_server, fork_server

def test_it():
    kinds = []
    for _ in range(2):
        with ServerProcess():
            process = fork_server()._process
            assert os.getpgid(process.pid) == process.pid
            kinds.append(type(process).__name__)
            print(*kinds, os.readlink(f"/proc/{process.pid}/fd/1"))
        close_fork_server()
        assert process.returncode == 0
"""
    )
    words = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", "test_it.py"]
    environ = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = preloaded.run(words, timeout=20, cwd=tmp_path, env=environ)
    assert "Spare /dev/null\nSpare Spare /dev/null\n" in done.stdout, done.stdout
    assert "1 passed" in done.stdout


def test_programs_of_other_processes_are_forked_off_the_same_once_it_is_lent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    preloaded.lend()
    ask = "import os; print(os.getppid())"
    program = f"""
import sys
from tests import preloaded
print(preloaded.run([sys.executable, "-c", {ask!r}], timeout=20).stdout, end="")
{ask}
"""
    words = [sys.executable, "-c", program]
    done = preloaded.run(words, timeout=20, cwd=preloaded.ROOT, env=os.environ)
    theirs, ours = done.stdout.split()
    assert theirs == ours, done.stderr


DYING = """
import os, signal, subprocess, sys
from tests import preloaded

def said():
    return preloaded.run([sys.executable, "-c", "print('here')"], timeout=20).stdout

os.environ.pop("PRELOADED_FOR_TESTS", None)
started = []
SERVE = "import sys; from tests.preloaded_forker import serve; serve(*map(int, sys.argv[1:]))"

def start(*numbers):
    words = [sys.executable, "-c", SERVE, *map(str, numbers)]
    started.append(subprocess.Popen(words, pass_fds=numbers))
    return started[-1]

preloaded._start = start
print(said())
started[0].kill()
started[0].wait()
print(said(), len(started))
command = preloaded.command("-c", "print('too')")
print(subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout)
"""


def test_one_that_has_ended_is_followed_by_another_and_that_is_told() -> None:
    words = [sys.executable, "-c", DYING]
    done = preloaded.run(words, timeout=50, cwd=preloaded.ROOT)
    assert done.stdout.split() == ["here", "here", "2", "too"], done.stderr
    assert done.stderr.count("has ended: another one is started") == 1
