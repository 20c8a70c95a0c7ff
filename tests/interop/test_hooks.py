"""Real clients, a real platform: a refusal is shown in its words, each grant is taken back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest

from tests.interop.media import Library
from tests.interop.programs import (
    FFMPEG,
    FFMPEGS,
    FOR_EVER,
    GSTREAMER,
    copying,
    needs,
    run,
    started,
)
from tests.interop.server import watched
from trio_srs.hub.bus import PublishBegan
from trio_srs.service.access.challenges import adobe_hash, llnw_hash
from trio_srs.service.access.passwords import hash_password
from trio_srs.testing.hook_recorder import HookRecorder

pytestmark = pytest.mark.interop

FILE = "avc_aac"


@pytest.fixture
def hooks() -> Iterator[HookRecorder]:
    with HookRecorder() as recorder:
        yield recorder


def calling(hooks: HookRecorder) -> str:
    keys = (f"{name} = {value!r}".replace("'", '"') for name, value in hooks.section.items())
    return "\n".join(["[hooks]", *keys])


@pytest.mark.parametrize("program", FFMPEGS)
async def test_ffmpeg_shows_why_it_may_not(
    program: str, library: Library, hooks: HookRecorder
) -> None:
    hooks.answer("on_publish", "refuse:this key has expired")
    async with watched(more=calling(hooks)) as server:
        ended = await run(copying(program, library.file(FILE), server.url("live/a?token=x")))
    assert ended.returncode != 0
    assert "Server error: this key has expired" in ended.stderr
    assert hooks.actions() == ["on_connect", "on_publish", "on_close"]
    assert hooks.calls[1].fields["param"] == "?token=x"


@pytest.mark.parametrize("program", FFMPEGS)
async def test_a_whole_publish_is_asked_about_and_told_of(
    program: str, library: Library, hooks: HookRecorder
) -> None:
    async with watched(more=calling(hooks)) as server:
        ended = await run(copying(program, library.file(FILE), server.url()))
    assert ended.returncode == 0
    assert hooks.actions() == ["on_connect", "on_publish", "on_unpublish", "on_close"]
    assert hooks.calls[-1].fields["recv_bytes"] > 1000


@pytest.mark.parametrize(("password", "is_right"), [("letmein", True), ("wrong", False)])
async def test_ffmpeg_logs_in_by_the_parameters_of_its_url(
    password: str, is_right: bool, library: Library
) -> None:
    known = f'users = ["alice:{hash_password("letmein")}"]'
    async with watched(more=f'[access]\nrules = ["allow publish user alice"]\n{known}') as server:
        url = server.url(f"live/a?user=alice&pass={password}")
        ended = await run(copying(FFMPEG, library.file(FILE), url))
    assert (ended.returncode == 0) is is_right
    assert ("Server error: the password or token is not right" in ended.stderr) is not is_right


USERS = f"""
[access]
rules = ["allow publish user alice"]
users = [
    "alice:adobe:c2FsdA==:{adobe_hash("alice", "c2FsdA==", "letmein")}",
    "alice:llnw:{llnw_hash("alice", "letmein")}",
]
"""


@pytest.mark.parametrize(
    ("program", "challenge", "password"),
    [
        (FFMPEGS[0].values[0], "adobe", "letmein"),
        (FFMPEGS[0].values[0], "llnw", "letmein"),
        (FFMPEGS[0].values[0], "adobe", "wrong"),
        pytest.param(FFMPEGS[1].values[0], "adobe", "letmein", marks=FFMPEGS[1].marks),
    ],
    ids=["adobe", "llnw", "wrong", "system"],
)
async def test_ffmpeg_logs_in_by_the_user_of_its_url(
    program: str, challenge: str, password: str, library: Library
) -> None:
    async with watched(more=f'{USERS}challenge = "{challenge}"') as server:
        url = server.url("live/a").replace("rtmp://", f"rtmp://alice:{password}@")
        ended = await run(copying(program, library.file(FILE), url))
        began = server.all(PublishBegan)
    is_right = password == "letmein"
    assert (ended.returncode == 0, bool(began)) == (is_right, is_right)
    if not is_right:
        assert "authfailed" in ended.stderr


SOUND = "audiotestsrc num-buffers=20 ! avenc_aac ! flvmux streamable=true !"


@needs(GSTREAMER, "gstreamer1.0-tools, -plugins-base, -plugins-good, -plugins-bad and -libav")
@pytest.mark.parametrize(
    ("challenge", "sink"),
    [
        ("adobe", "rtmp2sink location={url} username=alice password=letmein"),
        ("llnw", 'rtmpsink location="{url} pubUser=alice pubPasswd=letmein"'),
    ],
    ids=["gstreamer", "librtmp"],
)
async def test_gstreamer_and_librtmp_log_in_by_their_user(challenge: str, sink: str) -> None:
    async with watched(more=f'{USERS}challenge = "{challenge}"') as server:
        pipeline = f"{SOUND} {sink.format(url=server.url('live/a'))}"
        ended = await run([GSTREAMER, "-q", *shlex.split(pipeline)])
        began = server.all(PublishBegan)
    assert (ended.returncode, len(began)) == (0, 1), ended.stderr


@needs(GSTREAMER, "gstreamer1.0-tools, -plugins-base, -plugins-good, -plugins-bad and -libav")
async def test_gstreamer_shows_why_it_may_not(hooks: HookRecorder) -> None:
    hooks.answer("on_publish", "refuse:this key has expired")
    async with watched(more=calling(hooks)) as server:
        pipeline = f"{SOUND} rtmp2sink location={server.url('live/a')}"
        ended = await run([GSTREAMER, *shlex.split(pipeline)])
    assert ended.returncode != 0
    assert "this key has expired" in ended.stderr + ended.stdout.decode(errors="replace")


async def test_a_server_that_stops_tells_how_all_ended(
    library: Library, hooks: HookRecorder
) -> None:
    async with (
        watched(more=calling(hooks)) as server,
        started(copying(FFMPEG, library.file(FILE), server.url(), *FOR_EVER)),
    ):
        await server.told(PublishBegan)
        await server.server.stop()
    assert hooks.actions() == ["on_connect", "on_publish", "on_unpublish", "on_close"]
