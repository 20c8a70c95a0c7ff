"""A stream on a stage that is reported on: a journal listens, and what is told is noted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import trio

from tests.hub.stage import Stage
from trio_srs.errors import EndReason
from trio_srs.hub.bus import Bus, Event, PublishBegan, PublishEnded
from trio_srs.hub.history import HistoryConfig
from trio_srs.hub.journal import Journal
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.participant import PublisherInfo
from trio_srs.hub.publish_record import PublishRecord
from trio_srs.hub.reports import Reports
from trio_srs.media.report import StreamReport

__all__ = ["UNIX", "WHO", "Scene"]

WHO: dict[str, str] = {"session": "c1", "peer": "10.0.0.1:5000"}
UNIX = 1_000_000.0
"""The time of day in all of these tests."""


class Scene(Stage):
    """One live stream, whose publishes begin and end as a service would have it."""

    def __init__(self, history: HistoryConfig | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.bus, self.journal = Bus(), Journal()
        self.reports = Reports(self.bus, self.journal, history, unix_time=lambda: UNIX)
        self.events: list[Event] = []
        self.lease: PublishLease | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note what is told."""
        with self.bus.listening(self.journal.hear), self.bus.listening(self.events.append):
            yield

    def come(self, **publisher: Any) -> PublishRecord:
        """Somebody publishes."""
        said = {**WHO, "protocol": "rtmp", "accepted_at": trio.current_time(), "before": ()}
        self.lease = self.publish()
        publish_record = self.reports.begin(self.lease, PublisherInfo(**{**said, **publisher}))
        name = self.live.name
        self.bus.tell(
            PublishBegan(session=publish_record.publisher.session, peer="", stream=name, flow="")
        )
        return publish_record

    def go(
        self,
        publish_record: PublishRecord,
        reason: EndReason = EndReason.PEER_FIN,
        detail: str = "",
    ) -> StreamReport:
        """It leaves."""
        assert self.lease is not None
        self.lease.give_back()
        report = self.reports.end(publish_record, reason, detail)
        session, name = publish_record.publisher.session, self.live.name
        self.bus.tell(
            PublishEnded(
                session=session, peer="", stream=name, reason=reason, detail=detail, messages=0,
                bytes=0,
            )
        )  # fmt: skip
        return report
