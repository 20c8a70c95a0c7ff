"""Some of what ``python -m tests.clients`` tries; the page of clients is of all that it would try
now."""

from __future__ import annotations

import json

import pytest

from tests.clients.matrix import STREAMS, Sample
from tests.clients.players import PLAYERS, Player
from tests.clients.results import RESULTS
from tests.clients.trial import cells, try_all
from tests.interop.media import Library

pytestmark = pytest.mark.interop

SOME = {"vlc": "http-mp4", "gstreamer": "http-ts", "websockets": "wss-ts"}
"""One form for each of those that no other test has."""
BY_KEY = {player.key: player for player in PLAYERS}


def sample(name: str) -> Sample:
    [found] = [stream for stream in STREAMS if stream.name == name]
    return found


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The media files, made once."""
    return Library(tmp_path_factory.mktemp("media"))


@pytest.mark.parametrize("key", SOME)
async def test_a_client_plays_a_stream_to_its_end(key: str, library: Library) -> None:
    player = BY_KEY[key]
    if not player.version():
        pytest.skip(f"{player.name} is not on this host: {player.package}")
    stream = sample("h264+aac")
    tried = [it for it in cells(player) if (it.form.name, it.stream) == (SOME[key], stream)]
    [row] = await try_all(stream, tried, library)
    assert row.trouble == ""


@pytest.mark.parametrize("player", PLAYERS, ids=lambda player: player.key)
def test_the_page_is_of_all_that_is_tried(player: Player) -> None:
    said = json.loads((RESULTS / f"{player.key}.json").read_text())
    first = [it.form.name for it in cells(player) if it.stream is STREAMS[0]]
    assert sorted(said["late"]) == sorted(first)
    rows = {(row["form"], row["stream"]): row["holds"] for row in said["rows"]}
    assert rows == {
        (it.form.name, it.stream.name): not player.cannot(it.form, it.stream)
        for it in cells(player)
    }, "run python -m tests.clients, then python docs/generate.py"
