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
    RTMPDUMP,
    copying,
    ffmpeg,
    needs,
    run,
    started,
)
from tests.interop.server import watched
from trio_srs.hub.bus import PlayBegan, PublishBegan
from trio_srs.service.access.challenges import adobe_hash, llnw_hash
from trio_srs.service.access.passwords import hash_password, hash_token
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


WHY = {
    "user": "to publish this stream takes a user, or a token",
    "user?user=alice&pass=wrong": "the password or token is not right",
    "url": "no rule allows to publish this stream: its URL is not signed",
    "url?expires=1&sign=x": "no rule allows to publish this stream: the signature of its URL",
    "web": "no rule allows to publish this stream: no token is shown",
    "closed": "a rule denies to publish this stream",
}
"""By what is published, as what it says on the way."""
RULED = f"""
[access]
rules = [
    "deny publish name closed", "allow publish name user user alice",
    "allow publish name url signed", "allow publish name web jwt", "deny play name closed",
]
users = ["alice:{hash_token("a-token")}"]
url_keys = ["0123456789abcdef"]
jwt_keys = ["0123456789abcdef0123456789abcdef"]
"""


async def test_ffmpeg_shows_each_reason_that_it_was_given(library: Library) -> None:
    async with watched(more=RULED) as server:
        for said, why in WHY.items():
            ended = await run(copying(FFMPEG, library.file(FILE), server.url(f"live/{said}")))
            assert ended.returncode != 0, said
            assert f"Server error: {why}" in ended.stderr, said
        ended = await run(ffmpeg(FFMPEG, "-i", server.url("live/closed"), "-f", "null", "-"))
        assert "Server error: a rule denies to play this stream" in ended.stderr
        url = server.url("live/user?token=a-token")
        assert (await run(copying(FFMPEG, library.file(FILE), url))).returncode == 0


@needs(RTMPDUMP, "rtmpdump")
async def test_rtmpdump_logs_in_by_a_token_and_is_told_why_it_may_not(library: Library) -> None:
    rules = '[access]\nrules = ["allow play user alice"]'
    users = f'users = ["alice:{hash_token("a-token")}"]'

    def playing(url: str) -> list[str]:
        return [RTMPDUMP, "--verbose", "--live", "--stop", "1", "-r", url, "-o", "/dev/null"]

    async with watched(more=f"{rules}\n{users}") as server:
        refused = await run(playing(server.url("live/a?token=another")))
        assert "the password or token is not right" in refused.stderr
        assert refused.returncode == 1
        async with started(copying(FFMPEG, library.file(FILE), server.url(), *FOR_EVER)):
            await server.told(PublishBegan)
            await run(playing(server.url("live/a?token=a-token")))
        assert len(server.all(PlayBegan)) == 1


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
