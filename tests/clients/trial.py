"""One stream, watched by many clients at once."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import attrs
import trio
import trustme

from tests.clients.matrix import FORMS, STREAMS, Form, Sample, Wanted, wanted
from tests.clients.players import Player, Seen, Viewing
from tests.interop.media import Library
from tests.interop.programs import FFMPEG, FOR_EVER, copying, run, started
from tests.interop.server import Watched, watched
from trio_srs.hub.bus import PlayBegan

__all__ = ["Cell", "Row", "batches", "cells", "try_all", "try_late"]

_PICTURES: Final = 50
_SOUND_S: Final = 2.0
_HTTP: Final = """
[http]
listen = ["127.0.0.1:0"]
missing_timeout = "30s"
republish_timeout = "0s"
[hls]
segment = "1s"
missing_timeout = "30s"
republish_timeout = "0s"
[dash]
segment = "1s"
missing_timeout = "30s"
republish_timeout = "0s"
"""
_TRUST: Final = Path("trust", "authority.pem")  # alone in its folder, as one client reads folders
_LIST_TIMES: Final = 3
"""So many times as long is the stream for those who follow a list: one of them drops the pictures
of its first second, in which it does not know yet what the time is."""
_LATE_S: Final = 3.0
"""How long a stream has gone on for those who come late, and goes on with them."""
_PATIENCE_S: Final = 20.0
"""How long clients may take to ask."""


@attrs.frozen
class Cell:
    """What is tried: a client, a form, a stream."""

    player: Player
    form: Form
    stream: Sample
    wanted: Wanted

    def __str__(self) -> str:
        return f"{self.player.key} {self.form.name} {self.stream.name}"


@attrs.frozen
class Row:
    """What came of it."""

    cell: Cell
    seen: Seen
    trouble: str
    """Why it did not hold; empty if it did."""


def cells(player: Player) -> Iterator[Cell]:
    """All that a client is to be tried with: every stream without TLS, and one inside it."""
    for stream in STREAMS:
        for form in FORMS:
            is_plain = form.scheme in ("http", "ws")
            what = wanted(form, stream)
            if form.scheme not in player.schemes or (form.is_list and not player.follows_lists):
                continue
            if what and (is_plain or stream is STREAMS[0]):
                yield Cell(player, form, stream, what)


@contextmanager
def _folders(tried: Sequence[Cell]) -> Iterator[list[Path]]:
    """A folder for each; other users may write into it, as one client does not run as root."""
    home = Path(tempfile.mkdtemp())
    try:
        home.chmod(0o711)
        folders = [home / str(number) for number in range(len(tried))]
        for folder in folders:
            folder.mkdir()
            folder.chmod(0o777)
        yield folders
    finally:
        shutil.rmtree(home)


class _Trial:
    """A server, and the clients that watch one stream of it."""

    def __init__(
        self, server: Watched, tried: Sequence[Cell], folders: Sequence[Path], times: int
    ) -> None:
        self.server, self.seen, self._times = server, dict[Cell, Seen](), times
        self._tried, self._folders = tried, folders

    def begin(self, nursery: trio.Nursery) -> None:
        """Let them watch."""
        for cell, folder in zip(self._tried, self._folders, strict=True):
            nursery.start_soon(self._watch, cell, folder)

    async def until_all_watch(self) -> None:
        """Wait until each has been let in, which one that cannot play may never ask for."""
        with trio.move_on_after(_PATIENCE_S):
            await self.server.told(PlayBegan, len(self._tried))

    async def _watch(self, cell: Cell, folder: Path) -> None:
        least, times = cell.player.least, self._times
        address = self.server.server.addresses[cell.form.scheme.replace("ws", "http")][0]
        base = address.replace("http", "ws", 1) if "ws" in cell.form.scheme else address
        url, trust = f"{base}/live/a{cell.form.ending}", folder.parent / _TRUST
        try:
            self.seen[cell] = await cell.player.watch(
                Viewing(
                    url, cell.form, cell.wanted, folder, trust,
                    enough=Seen(
                        math.ceil(least * times * _PICTURES) if cell.wanted.pictures else 0,
                        least * times * _SOUND_S if cell.wanted.sound else 0.0,
                    ),
                )
            )  # fmt: skip
        except trio.TooSlowError:
            self.seen[cell] = Seen(trouble="it did not end with the stream")

    def rows(self) -> list[Row]:
        """What came of it."""
        return [
            Row(cell, self.seen[cell], _trouble(cell, self.seen[cell], self._times))
            for cell in self._tried
        ]


@asynccontextmanager
async def _trial(tried: Sequence[Cell], times: int = 1) -> AsyncIterator[_Trial]:
    """Of a stream that is so many times as long as those that are no lists."""
    with _folders(tried) as folders:
        home, authority = folders[0].parent, trustme.CA()
        key, trust = home / "key.pem", home / _TRUST
        trust.parent.mkdir()
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(key)
        authority.cert_pem.write_to_path(trust)
        https = f'[https]\nlisten = ["127.0.0.1:0"]\ncertificate = "{key}"\nkey = "{key}"\n'
        async with watched(more=_HTTP + https) as server:
            yield _Trial(server, tried, folders, times)


async def try_all(stream: Sample, tried: Sequence[Cell], library: Library) -> list[Row]:
    """Have clients watch one stream from its beginning, all at once.

    It is published when all have asked, in real time; a stream that ends is what ends them.
    """
    times = _LIST_TIMES if any(cell.form.is_list for cell in tried) else 1
    recipe = attrs.evolve(stream.recipe, seconds=times * stream.recipe.seconds)
    source = library.made(f"{stream.name}-{times}", recipe)
    async with _trial(tried, times) as trial:
        async with trio.open_nursery() as nursery:
            trial.begin(nursery)
            await trial.until_all_watch()
            await run(copying(FFMPEG, source, trial.server.url(), "-re"))
        return trial.rows()


async def try_late(stream: Sample, tried: Sequence[Cell], library: Library) -> list[Row]:
    """Have clients watch a stream that has gone on for a while, and see as much of it as
    :func:`try_all` does."""
    source = library.made(stream.name, stream.recipe)
    async with _trial(tried) as trial:
        command = copying(FFMPEG, source, trial.server.url(), *FOR_EVER)
        async with trio.open_nursery() as nursery, started(command):
            await trio.sleep(_LATE_S)
            trial.begin(nursery)
            await trial.until_all_watch()
            await trio.sleep(_LATE_S)
        return trial.rows()


def _trouble(cell: Cell, seen: Seen, times: int) -> str:
    """What is missing of what was wanted, in words."""
    least, missing = cell.player.least, []
    pictures, sound_s = times * _PICTURES, times * _SOUND_S
    if cell.wanted.pictures and seen.pictures < least * pictures:
        missing.append(f"{seen.pictures} of {pictures} pictures")
    if cell.wanted.sound and seen.sound_s < least * sound_s:
        missing.append(f"{seen.sound_s:.1f} of {sound_s:g} s of sound")
    said = seen.trouble.strip().splitlines()[-1:] if missing or seen.trouble else []
    return "; ".join(filter(None, (*missing, *said)))


def batches(all_cells: Iterable[Cell], most: int) -> Iterator[tuple[Sample, list[Cell]]]:
    """The same by stream, lists by themselves, at most so many at once."""
    found = list(all_cells)
    for stream in STREAMS:
        for is_list in (False, True):
            alike = [it for it in found if it.stream is stream and it.form.is_list is is_list]
            for start in range(0, len(alike), most):
                yield stream, alike[start : start + most]
