"""The service as a viewer sees it, judged by every rule of DASH."""

from __future__ import annotations

import itertools
from urllib.parse import urljoin

import attrs
import pytest
import trio

from tests.media.remux.records import other_head, other_sound
from tests.service.dash.conftest import OpenDashHouse
from tests.service.dash.house import DashWatcher
from tests.service.hls.house import FRAME_MS, picture
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_rules import check_packaging
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.service.dash.config import DashConfig
from trio_srs.testing.bodies import AUDIO_HEADER, audio_header, header
from trio_srs.units import Seconds
from trio_srs.wire.dash.manifest_reader import read_manifest
from trio_srs.wire.rtmp.message import Message

HOST = "http://host"
SECONDS = 5


@attrs.define
class Follower:
    """Gets manifest after manifest, and whatever is new in them."""

    watcher: DashWatcher
    fetched: list[Fetched] = attrs.field(factory=list)

    async def fetch(self, url: str) -> Fetched:
        asked_at_s = trio.current_time()
        answer = await self.watcher.get(url.removeprefix(HOST))
        made = Fetched(
            url=url,
            asked_at_s=asked_at_s,
            at_s=trio.current_time(),
            status=answer.status,
            # Date is of the day of the run, and all else by a clock that jumps.
            fields={name.lower(): it for name, it in answer.fields.items() if name != "Date"},
            body=answer.body,
        )
        self.fetched.append(made)
        return made

    async def look(self, url: str) -> str:
        """The next manifest, and all that it lists; where the one behind it is."""
        manifest = read_manifest((await self.fetch(url)).body)
        known = {each.url for each in self.fetched}
        for period in manifest.periods:
            for one in (one for each in period.sets for one in each.representations):
                template = one.template
                uris = [template.url(one.id, one.bandwidth, s) for s in template.segments()]
                for uri in [template.initialization_url(one.id, one.bandwidth), *uris]:
                    if urljoin(url, uri) not in known:
                        await self.fetch(urljoin(url, uri))
        return urljoin(url, manifest.location) if manifest.location else url


@pytest.mark.parametrize("low_latency", [False, True])
async def test_no_rule_is_broken(open_house: OpenDashHouse, low_latency: bool) -> None:
    config = DashConfig(part=Seconds(0.5), segment=Seconds(1.0), low_latency=low_latency)
    house = await open_house(dash_config=config)
    async with house.live():
        follower = Follower(DashWatcher(house.dial(), ""))
        url, until = f"{HOST}/live/a.mpd", trio.current_time() + SECONDS
        while trio.current_time() < until:
            url = await follower.look(url)
            await trio.sleep(0.3)
    assert len(follower.fetched) > 4 * SECONDS
    assert [str(each) for each in check_packaging(Viewing(follower.fetched))] == []


async def test_no_rule_is_broken_by_more_tracks_of_sound(open_house: OpenDashHouse) -> None:
    tracks = ("de: Originalton", "en")
    config = DashConfig(part=Seconds(0.5), segment=Seconds(1.0), audio_tracks=tracks)
    house = await open_house(dash_config=config)
    follower = Follower(DashWatcher(house.dial(), ""))

    async def publish() -> None:
        """A picture and what is heard then, as long as there is somebody."""
        async with house.hub.publishing("live/a", house.settings, house.somebody()) as lease:
            type_id, _, body = other_head(1, config=AUDIO_HEADER[2:])
            heads = (header(), audio_header(), Message(type_id, 0, 0, body))
            lease.append_all(heads, trio.current_time())
            for at_ms in itertools.count(0, FRAME_MS):
                made = picture(at_ms)
                others = [other_sound(1, each.timestamp_ms, b"other") for each in made[1:]]
                made += [Message(type_id, 0, time_ms, body) for type_id, time_ms, body in others]
                lease.append_all(made, trio.current_time())
                await trio.sleep(FRAME_MS / 1000)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(publish)
        await trio.sleep(0.1)
        url = f"{HOST}/live/a.mpd"
        while trio.current_time() < SECONDS:
            url = await follower.look(url)
            await trio.sleep(0.7)
        nursery.cancel_scope.cancel()
    assert [str(each) for each in check_packaging(Viewing(follower.fetched))] == []
    manifests = [each for each in follower.fetched if each.url.endswith(".mpd")]
    newest = read_manifest(manifests[-1].body).periods[0]
    assert [each.language for each in newest.sets] == ["", "de", "en"]
    assert any("audio1-" in each.url for each in follower.fetched)
