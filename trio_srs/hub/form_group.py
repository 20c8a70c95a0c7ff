"""Form groups: the readers of one feed that get the same bytes, served together. Floor 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trio_srs.hub.forms import Form, Span
from trio_srs.hub.log import StreamLog
from trio_srs.hub.reader import Reader
from trio_srs.hub.supervisor import ReportedError

if TYPE_CHECKING:
    from trio_srs.hub.feed import Feed

__all__ = ["FormFailedError", "FormGroup", "SpanDelivery"]

_PART: Final = 16
"""One in so many bytes that a log may hold is sent at a time, or one message: what is being sent is
held twice, and as long as it takes to offer it to all."""


class FormFailedError(ReportedError):
    """A bug in a form: whoever reads in it gets no more. The log has the traceback."""

    code = "form_failed"


class FormGroup:
    """Readers with equal forms.

    Attributes:
        sent: where the next shared span begins. A reader is fast exactly when it stands here
            (or, while a span is being offered, at its begin and not yet served).
        bytes_sent: bytes of all shared spans so far.
        failed: why its readers cannot go on, in words; empty while they can.
    """

    __slots__ = (
        *("_order", "ahead", "bytes_sent", "failed", "form", "delivery", "readers", "sent", "turn"),
    )

    def __init__(self, form: Form, sent: int) -> None:
        self.form = form
        self.sent = sent
        self.bytes_sent = 0
        self.readers: dict[Reader, None] = {}
        self.ahead: set[Reader] = set()
        self.delivery: SpanDelivery | None = None
        self.turn = 0
        self.failed = ""
        self._order: list[Reader] | None = None

    def add(self, reader: Reader) -> None:
        """Take in a reader, which wants this form."""
        self.readers[reader] = None
        self._order = None

    def remove(self, reader: Reader) -> None:
        """Let go of a reader, wherever it stands."""
        del self.readers[reader]
        self.ahead.discard(reader)
        self._order = None

    def unserved(self, reader: Reader) -> int:
        """Bytes of the span under way that are counted in, but not yet offered to a reader."""
        if self.delivery is None or reader.fast_at == self.sent:
            return 0
        return len(self.delivery.span.blob)

    def begin(self, log: StreamLog) -> SpanDelivery | None:
        """The work of sending what is new, or the first part of it, if that is much for this log;
        None when there is nothing new or it is under way."""
        if self.delivery is not None or not self.readers or self.failed:
            return None
        while self.sent < log.end:
            begin = self.sent
            if begin < log.base:  # the log let go of it before its turn came
                self._go_to(log.end)
                self._fall_back(begin)
                return None
            records = log.up_to(begin, log.end, log.bounds.size // _PART)
            self._go_to(begin + len(records))
            span = Span(records, self.form)
            if span.blob:
                self.bytes_sent += len(span.blob)
                self.delivery = SpanDelivery(self, span, begin, self._rotated(), log)
                return self.delivery
            for reader in self.readers:  # nothing of it is for them
                if reader.fast_at == begin:
                    reader.fast_at = self.sent
        return None

    def fail(self, feed: Feed, bug: Exception) -> None:
        """The form has a bug: it is reported once, and every reader finds out by itself."""
        if not self.failed:
            feed.supervisor.report(f"the form {self.form} of {feed.name}", bug, stream=feed.name)
            self.give_up(repr(bug))

    def give_up(self, why: str) -> None:
        """Every reader is to end; each finds out by itself."""
        self.failed = why
        if self.delivery is not None:
            self.delivery.drop()
        for reader in self.readers:
            reader.fall_back()

    def failure(self) -> FormFailedError:
        """What its readers end with, once it has failed."""
        return FormFailedError(f"the form {self.form} failed: {self.failed}")

    def _go_to(self, sent: int) -> None:
        self.sent = sent
        for reader in self.ahead:
            reader.outlet.wake()
        self.ahead.clear()

    def _rotated(self) -> list[Reader]:
        """The readers, each time with another one first, so that none is always the last."""
        order = self._order
        if order is None:
            order = self._order = list(self.readers)
        self.turn = (self.turn + 1) % len(order)
        return order[self.turn :] + order[: self.turn]

    def _fall_back(self, begin: int) -> None:
        """Let every fast reader find out by itself how much it has missed."""
        for reader in self.readers:
            if reader.fast_at == begin:
                reader.fall_back()


class SpanDelivery:
    """One span, to be offered to each fast reader of a group; a few of them at a time."""

    __slots__ = ("_begin", "_end", "_group", "_held", "_log", "_next", "_readers", "span")

    def __init__(
        self, group: FormGroup, span: Span, begin: int, readers: list[Reader], log: StreamLog
    ) -> None:
        self._group, self.span, self._readers, self._log = group, span, readers, log
        self._begin, self._end = begin, group.sent
        self._next = self._held = 0

    def step(self, count: int) -> bool:
        """Serve the next ``count`` readers; whether all have been served.

        One non-blocking send for each, no task switch, nothing allocated. Right before it: the
        reader is fast, stands at the begin of the span, and its connection owes nothing.
        """
        blob, begin, end = self.span.blob, self._begin, self._end
        size = len(blob)
        last = self._next + count
        for reader in self._readers[self._next : last]:
            if reader.fast_at != begin:
                continue
            if reader.outlet.busy:
                reader.fall_back()
                continue
            try:
                taken = reader.offer(blob)
            except BlockingIOError:
                taken = 0
            except OSError as error:
                reader.fall_back()
                reader.outlet.broke(error)
                continue
            if taken == size:
                reader.fast_at = end
            else:
                reader.took_part(self.span, taken)
        self._next = last
        if last < len(self._readers):
            if not self._held:  # the bytes, and the records, which the log may let go of
                self._held = 2 * size
                self._log.hold(self._held)
            return False
        self.drop()
        return True

    def drop(self) -> None:
        """It is done, or cannot be."""
        if self._held:
            self._log.hold(-self._held)
        self._group.delivery = None
