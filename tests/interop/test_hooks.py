"""Real clients, a real platform: a refusal is shown in its words, each grant is taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interop.media import Library
from tests.interop.programs import FFMPEG, FFMPEGS, FOR_EVER, copying, run, started
from tests.interop.server import watched
from trio_srs.hub.bus import PublishBegan
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
