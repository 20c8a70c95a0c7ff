"""Some of what ``python -m tests.fault_clients`` tries; its page is of all that it would try."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trio

from tests.fault_clients.__main__ import RESULTS
from tests.fault_clients.faults import FAULTS
from tests.fault_clients.meeting import SOURCE, Meeting, meet
from tests.fault_clients.situations import CLIENTS, Client, faults_of
from tests.interop.media import Library
from trio_srs.faults.fault_kind import FaultKind
from trio_srs.faults.fault_text import parse_fault

WATCHED_S = 1.5


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.key)
def test_the_page_is_of_all_that_is_tried(client: Client) -> None:
    said = json.loads((RESULTS / f"{client.key}.json").read_text())
    assert list(said["outcomes"]) == list(faults_of(client)), (
        "run python -m tests.fault_clients, then python docs/generate.py"
    )
    met = [outcome for outcome in said["outcomes"].values() if outcome != "not met"]
    assert len(met) >= 0.8 * len(said["outcomes"])


def test_every_kind_of_fault_is_met_by_clients_of_others() -> None:
    tried = {parse_fault(fault).kind for faults in FAULTS.values() for fault in faults}
    assert tried == set(FaultKind)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("key", "half"),
    [
        *((f"ffmpeg-{role}", half) for role in ("publish", "play", "hls") for half in (0, 1)),
        *((f"ffmpeg-{role}", None) for role in ("view", "play-tls")),
    ],
)
async def test_ffmpeg_meets_every_fault_and_the_server_lives(
    key: str, half: int | None, tmp_path: Path
) -> None:
    source = Library(tmp_path).made("faults", SOURCE)
    [client] = [each for each in CLIENTS if each.key == key]
    faults = faults_of(client) if half is None else faults_of(client)[half::2]
    meetings: list[Meeting] = []
    room = trio.CapacityLimiter(12)

    async def try_one(fault: str) -> None:
        async with room:
            meetings.append(await meet(client, fault, source, WATCHED_S))

    async with trio.open_nursery() as nursery:
        for fault in faults:
            nursery.start_soon(try_one, fault)
    not_met = {meeting.fault for meeting in meetings if meeting.outcome == "not met"}
    assert not not_met
    assert len(meetings) == len(faults)
