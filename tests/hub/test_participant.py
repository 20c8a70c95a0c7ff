"""Who publishes, as a value."""

from __future__ import annotations

from trio.testing import MockClock

from trio_srs.hub.participant import PublisherInfo
from trio_srs.media.conduct import Conduct, Step, StepKind


async def test_who_says_no_more_came_now_and_behaves(autojump_clock: MockClock) -> None:
    autojump_clock.jump(7.0)
    file = PublisherInfo(session="f1", peer="/media/slate.flv", protocol="file")
    assert file.accepted_at == 7.0
    assert file.before == (
        Step(at_s=0.0, what=StepKind.ACCEPTED, detail="file from /media/slate.flv"),
    )
    assert (file.flow, file.conduct()) == ("", Conduct())
