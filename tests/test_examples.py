"""Every example runs, as a reader would run it, and does what its first line says."""

from __future__ import annotations

import atexit
import functools
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import tomli
import trio
from imageio_ffmpeg import get_ffmpeg_exe

import trio_srs
from tests import preloaded
from tests.testing.project import Project
from trio_srs.config.layers import layered
from trio_srs.config.schema import Config
from trio_srs.hub.bus import Event, RequestRefused
from trio_srs.net.rtmp_client import ServerRefusedError
from trio_srs.net.rtmp_player import open_player
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.testing import PlayerProcess, PublisherProcess, ServerProcess
from trio_srs.testing.bodies import key

EXAMPLES: Final = Path(__file__).parent.parent / "examples"
TESTED: Final = {
    "ci_endpoint.py",
    "ci_endpoint.sh",
    "custom_gate.py",
    "expect.sh",
    "expect.toml",
    "expectations.py",
    "github_actions.yml",
    "minimal_server.py",
    "nginx_rtmp_platform.py",
    "nginx_hls.conf",  # in tests/interop/test_nginx_hls.py
    "nginx_hls_files.conf",  # likewise
    "pattern.py",
    "publish_and_play.py",
    "srs_operator.py",
    "srs_platform.py",
    "test_encoder.py",
    "wait_over_http.mjs",
    "wait_over_http.sh",
}


@functools.cache
def python() -> str:
    """The Python of these tests, for examples to start: its programs are forked."""
    folder = Path(tempfile.mkdtemp(prefix="python"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    preloaded.program(folder, "python")
    return str(folder / "python")


def run(
    *words: str | Path, cwd: Path | None = None, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with the Python of these tests as ``PYTHON``."""
    env = os.environ | {"PYTHON": python()} | dict(environ or {})
    if words[0] == sys.executable:
        return preloaded.run(list(map(str, words)), timeout=50, cwd=cwd, env=env)
    return subprocess.run(
        words, cwd=cwd, env=env, capture_output=True, text=True, timeout=50, check=False
    )


def test_every_example_has_a_test() -> None:
    found = {path.name for path in EXAMPLES.iterdir() if path.is_file()}
    assert found == TESTED


def test_the_minimal_server_starts_and_stops() -> None:
    done = run(sys.executable, EXAMPLES / "minimal_server.py")
    assert done.returncode == 0, done.stderr
    where, streams, last = done.stdout.splitlines()
    assert where.startswith("publish to rtmp://127.0.0.1:")
    assert where.endswith("/live/a")
    assert (streams, last) == ("streams now: []", "stopped")


def test_a_player_gets_what_the_publisher_sent() -> None:
    done = run(sys.executable, EXAMPLES / "publish_and_play.py")
    assert (done.returncode, done.stdout) == (0, "the player got what the publisher sent\n"), done


def test_a_pattern_comes_through_whole() -> None:
    done = run(sys.executable, EXAMPLES / "pattern.py")
    assert (done.returncode, done.stdout) == (0, "frames 0 to 99 came through in order\n"), done


def test_expectations_are_the_same_in_three_ways_and_say_what_is_wrong() -> None:
    done = run(sys.executable, EXAMPLES / "expectations.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "video.gop.seconds: expected at most 2.1 s, seen: 4 s; "
        "first at video frame 53 (2120 ms)\n"
        "  audio.sample_rate: expected 48000 Hz, seen: 44100 Hz; from audio frame 0 (0 ms) on\n"
        "  timestamps.monotonic: expected true, seen: false; first at video frame 30 (1060 ms)\n"
        "  (3 of 3 expectations are not met)\n"
    )


@pytest.fixture(scope="module")
def gate() -> dict[str, Any]:
    """The names of the example, which is run once: its error's code can be registered once."""
    return runpy.run_path(str(EXAMPLES / "custom_gate.py"))


async def test_the_gate_refuses_a_publisher_without_the_token(gate: dict[str, Any]) -> None:
    seen: list[Event] = []
    with trio.fail_after(10):
        async with trio_srs.serve(gate["CONFIG"], gate=gate["TokenGate"]("s")) as server:
            with server.bus.listening(seen.append), pytest.raises(ServerRefusedError) as refusal:
                async with open_publisher(server.rtmp_url("live/a?token=t")):
                    raise AssertionError("it was let in")
    assert refusal.value.status == "NetStream.Publish.Denied"
    assert refusal.value.description == "publishing live/a needs a token"
    assert [event.code for event in seen if isinstance(event, RequestRefused)] == ["bad_token"]


async def test_the_gate_lets_in_who_has_the_token(gate: dict[str, Any]) -> None:
    with trio.fail_after(10):
        async with (
            trio_srs.serve(gate["CONFIG"], gate=gate["TokenGate"]("s")) as server,
            open_publisher(server.rtmp_url("live/a?token=s")) as publisher,
        ):
            await publisher.send(key(0))
            live = server.hub.find("live/a")
            assert live is not None
            assert live.publishing


@contextmanager
def platform_of(example: str) -> Iterator[Any]:
    """The platform of an example, in a thread."""
    platform = runpy.run_path(str(EXAMPLES / example))["Platform"]()
    with platform:
        thread = threading.Thread(target=platform.serve_forever, args=(0.01,))
        thread.start()
        yield platform
        platform.shutdown()
        thread.join()


def calling(platform: Any) -> Config:
    """A server that calls it."""
    listen = {"rtmp": {"listen": ["127.0.0.1:0"]}}
    return layered({**listen, "hooks": {**platform.section, "keep_alive": "50ms"}})


async def refused(opened: AbstractAsyncContextManager[object]) -> str:
    """What a client is told that may not."""
    with pytest.raises(ServerRefusedError) as refusal:
        async with opened:
            raise AssertionError("it was let in")
    return refusal.value.description


@pytest.mark.interop
async def test_a_platform_that_was_written_for_srs_decides() -> None:
    with trio.fail_after(10), platform_of("srs_platform.py") as platform:
        async with trio_srs.serve(calling(platform)) as server:
            for key_said in ("", "?secret=guess"):
                url = server.rtmp_url(f"live/studio{key_said}")
                assert await refused(open_publisher(url)) == "this key is not right"
            right = server.rtmp_url("live/studio?secret=s3cret-of-the-studio")
            async with open_publisher(right), open_player(server.rtmp_url("live/studio")):
                assert len(platform.viewers["live/studio"]) == 1
            platform.viewers["live/studio"].update(map(str, range(100)))
            watch = server.rtmp_url("live/studio")
            assert await refused(open_player(watch)) == "too many are watching"
        assert platform.viewers["live/studio"] == set(map(str, range(100)))


@pytest.mark.interop
async def test_a_platform_that_was_written_for_nginx_rtmp_decides() -> None:
    with trio.fail_after(10), platform_of("nginx_rtmp_platform.py") as platform:
        async with trio_srs.serve(calling(platform)) as server:
            assert await refused(open_publisher(server.rtmp_url("live/guess"))) == "status 403"
            assert await refused(open_player(server.rtmp_url("live/alice"))) == "status 404"
            async with open_publisher(server.rtmp_url("live/f3b8c1d2-key-of-alice")):
                assert server.hub.names() == ("live/alice",)
                async with open_player(server.rtmp_url("live/alice")):
                    assert platform.live == {"alice"}
        assert platform.live == set()


def test_the_example_of_a_gate_says_where_to_publish() -> None:
    command = [sys.executable, str(EXAMPLES / "custom_gate.py")]
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    with preloaded.popen(command, stdout=subprocess.PIPE, env=env) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
        finally:
            process.kill()
    assert line.startswith("publish to rtmp://127.0.0.1:")
    assert line.endswith("/live/a?token=secret\n")


@pytest.mark.interop
def test_the_ci_job_in_python_passes() -> None:
    done = run(sys.executable, EXAMPLES / "ci_endpoint.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(" packets came through\n")


@pytest.mark.interop
@pytest.mark.parametrize("code", [0, 7])
def test_the_ci_job_in_bash_ends_with_the_code_of_its_command(tmp_path: Path, code: int) -> None:
    script = (
        f"assert sys.argv[1].startswith('rtmp://127.0.0.1:'); print(sys.argv[1]); sys.exit({code})"
    )
    command = [python(), "-c", f"import sys; {script}", "RTMP_URL/live/a"]
    done = run("bash", EXAMPLES / "ci_endpoint.sh", *command, cwd=tmp_path)
    assert done.returncode == code, shlex.join(command) + done.stderr
    assert done.stdout.endswith("/live/a\n")


def encoder(*options: str) -> list[str]:
    """An ffmpeg that publishes two seconds."""
    picture = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"]
    sound = ["-f", "lavfi", "-i", "sine=sample_rate=48000"]
    codecs = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50 -c:a aac -t 2 -f flv"
    quiet = [get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    return [*quiet, *picture, *sound, *codecs.split(), *options, "{url}"]


@pytest.mark.documented
@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ([], 0, "ok  video.codec == h264"),
        (["-ar", "44100"], 1, "NOT audio.sample_rate == 48000 Hz"),
        (["-no-such", "1"], 3, "no-such"),
    ],
)
def test_the_encoder_is_judged_in_bash(
    tmp_path: Path, options: list[str], code: int, says: str
) -> None:
    done = run("bash", EXAMPLES / "expect.sh", *encoder(*options), cwd=tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert says in done.stdout
    assert (tmp_path / "expect.xml").read_bytes().startswith(b"<?xml")
    assert "</html>" in (tmp_path / "expect.html").read_text(encoding="utf-8")


@pytest.mark.interop
def test_the_ci_job_in_bash_says_why_the_server_did_not_start(tmp_path: Path) -> None:
    environ = os.environ | {"PYTHON": python(), "TRIO_SRS_RTMP__LISTEM": "[]"}
    done = subprocess.run(
        ["bash", EXAMPLES / "ci_endpoint.sh", "true"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert 'TRIO_SRS_RTMP__LISTEM: no such setting; did you mean "TRIO_SRS_RTMP__LISTEN"?' in (
        done.stderr
    )


@pytest.mark.documented
def test_the_encoder_is_as_it_should_be(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write((EXAMPLES / "test_encoder.py").read_text(encoding="utf-8"), "test_encoder.py")
    outcome = project.run()
    assert outcome.counts == (1, 0, 0), outcome.output


def test_the_workflow_runs_what_there_is() -> None:
    text = (EXAMPLES / "github_actions.yml").read_text(encoding="utf-8")
    [command] = re.findall(r"- run: pytest (.+)", text)
    assert (EXAMPLES / command.split()[-1]).exists()
    kept = re.findall(r"--basetemp=(\w+)", command)
    assert re.findall(r"path: (\w+)/\*\*/trio-srs/", text) == kept
    [packages] = re.findall(r"- run: pip install (.+)", text)
    extra = re.findall(r'"\./trio-srs\[(\w+)\]"', packages)
    project = tomli.loads((EXAMPLES.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(extra) <= set(project["project"]["optional-dependencies"])


@pytest.mark.documented
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
def test_the_test_in_node_passes_over_http() -> None:
    done = run("node", "--test", "--test-reporter=tap", EXAMPLES / "wait_over_http.mjs")
    assert done.returncode == 0, done.stdout
    assert "\n# pass 4\n# fail 0\n" in done.stdout


@pytest.mark.documented
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize(
    ("seconds", "rules", "code", "said"),
    [
        (1, "video.codec == h264\naudio.codec == aac", 0, "video.codec: seen: h264"),
        (1, "video.codec == h264\nvideo.size == 1x1", 1, "video.size: expected 1x1, seen: 640x360"),
        (0, "video.codec == h264", 1, "no keyframe on live/cam1 within 2 s; nothing happened"),
    ],
    ids=["met", "not met", "no stream"],
)
def test_the_script_with_curl_ends_as_its_rules_say(
    tmp_path: Path, seconds: int, rules: str, code: int, said: str
) -> None:
    encoder = [python(), "-m", "trio_srs", "publish", "--pattern", "h264:640x360@25"]
    command = [*encoder, f"--seconds={seconds}", "RTMP_URL"] if seconds else ["true"]
    environ = {"RULES": rules, "TIMEOUT": "20" if seconds else "2"}
    done = run("bash", EXAMPLES / "wait_over_http.sh", *command, cwd=tmp_path, environ=environ)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.documented
def test_a_program_for_srs_watches_and_ends_clients_here() -> None:
    """It was run against SRS 7.0.18 as it stands, and prints the same of it."""
    program = ("env", sys.executable, EXAMPLES / "srs_operator.py")  # it imports next to nothing
    with (
        ServerProcess(api={"listen": ["127.0.0.1:0"]}) as server,
        PublisherProcess(server.url("live/a")),
        PlayerProcess(server.url("live/a")) as player,
    ):
        player.wait_for_frames(1)
        done = run(*program, server.addresses["api"][0], "--most-seconds", "0")
        assert done.returncode == 0, done.stderr
        said = done.stdout.splitlines()
        assert said[0].startswith("version ")
        assert re.fullmatch(r"/live/a: live, H264 \d+x\d+, 2 clients", said[1])
        assert {line.split()[1] for line in said[2::2]} == {"fmle-publish", "rtmp-play"}
        assert ": ended after" in said[3]
        assert re.search(": (ended after|had gone)", said[5])  # perhaps with its publisher
