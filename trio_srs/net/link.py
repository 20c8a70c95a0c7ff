"""A link: one transport, one sans-IO session, and what is still owed to the peer. Floor 2.

Every write is a non-blocking offer at a message boundary. What the transport does not take is
owed, and whatever is said later goes behind it, so that a message is never torn. One task at a
time waits for the transport to take what is owed: whoever calls :meth:`Link.drained`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar, cast

import trio

from trio_srs.errors import EndReason, PeerError
from trio_srs.net.transport import Transport
from trio_srs.session.base import Session
from trio_srs.session.file_slice import FileSlice, Piece

__all__ = ["Link", "PeerClosedError", "PeerGoneError", "PeerStalledError"]

SessionT = TypeVar("SessionT", bound=Session)

_DISCARD_BYTES: Final = 1024 * 1024
"""What is read and thrown away, at most, so that closing does not destroy our last words."""


class PeerClosedError(PeerError):
    """The peer closed its connection in good order: the way most sessions end."""

    code = "peer_closed"
    srs_code = 1007
    end = EndReason.PEER_FIN
    TEXT: Final = "the peer closed the connection"


class PeerGoneError(PeerError):
    """The connection broke off: a reset, or an error of the network."""

    code = "peer_gone"
    srs_code = 1007
    end = EndReason.PEER_RST


class PeerStalledError(PeerError):
    """The peer's socket took nothing for too long while something was owed."""

    code = "peer_stalled"
    srs_code = 1011
    end = EndReason.PEER_STALLED


class Link(Generic[SessionT]):
    """One peer: bytes in to the session, bytes out to the transport.

    Attributes:
        busy: whether something is owed. Nothing may be offered then, only said or owed.
        most: bytes that one read takes, at most.
        offer: the transport's own; see :meth:`~trio_srs.net.transport.Transport.offer`.
        bytes_in: bytes received.
        bytes_said: bytes sent by :meth:`say`: everything but what was offered directly.

    Args:
        buffer: what to receive into. It may be shared by all links of one event loop:
            nothing is left in it when another task runs.
        on_work: called, synchronously, when the link becomes busy, and by :meth:`wake`: somebody
            must then call :meth:`drained`.
    """

    __slots__ = (
        "_broken",
        "_buffer",
        "_feed",
        "_moved_at",
        "_on_work",
        "_owed",
        "_receive_into",
        "_stalled_after",
        "_waits",
        "busy",
        "bytes_in",
        "bytes_said",
        "most",
        "offer",
        "session",
        "transport",
    )

    def __init__(
        self,
        transport: Transport,
        session: SessionT,
        *,
        buffer: memoryview,
        stalled_after: float,
        on_work: Callable[[], None],
    ) -> None:
        self.transport = transport
        self.session = session
        self._stalled_after = stalled_after
        self._waits: trio.CancelScope | None = None  # while drained() does
        self.busy = False
        self.bytes_in = 0
        self.bytes_said = 0
        self.offer = transport.offer
        self._receive_into = transport.receive_into
        self._feed = session.receive_data
        self._buffer = buffer
        self.most = len(buffer)
        self._on_work = on_work
        self._owed: deque[Piece] | None = None  # nearly never is anything
        self._moved_at = 0.0
        self._broken: OSError | None = None
        transport.on_backlog = self._become_busy

    def interpose(self, wrap: Callable[[Transport], Transport]) -> None:
        """Put a transport between this link and its own, from the next byte on.

        Whoever waits in the one below is to be made to wait anew, in this one; who has looked
        up :attr:`offer` looks it up again.

        Args:
            wrap: makes one that owns the one below.
        """
        self.transport = transport = wrap(self.transport)
        self.offer, self._receive_into = transport.offer, transport.receive_into

    def hand_to(self, session: Session) -> None:
        """Have another session understand what comes from now on, and say what is to be said."""
        self.session = cast(SessionT, session)
        self._feed = session.receive_data

    @property
    def stalled_after(self) -> float:
        """Seconds without one byte taken, while busy, before the peer is given up."""
        return self._stalled_after

    @stalled_after.setter
    def stalled_after(self, seconds: float) -> None:
        self._stalled_after = seconds
        if self._waits is not None:
            self._waits.deadline = self._moved_at + seconds

    # ---------------------------------------------------------------- reading

    async def receive(self) -> bool:
        """Wait for bytes and feed the session.

        Returns:
            False at the end of the stream.

        Raises:
            PeerGoneError: the connection broke.
            ProtocolError: the session cannot make sense of it.
        """
        while True:
            await self.transport.readable()
            got = self.receive_now(trio.current_time())
            if got is not None:
                return got > 0

    def receive_now(self, now: float) -> int | None:
        """Feed the session what has arrived, without waiting.

        Args:
            now: Trio's clock, which whoever reads from many links has looked at already.

        Returns:
            how many bytes that was: 0 at the end of the stream, None when nothing has arrived.

        Raises:
            PeerGoneError: the connection broke.
            ProtocolError: the session cannot make sense of it.
        """
        buffer = self._buffer
        try:
            count = self._receive_into(buffer)
        except BlockingIOError:
            return None
        except OSError as error:
            raise PeerGoneError(_why(error)) from error
        if count:
            self.bytes_in += count
            self._feed(buffer[:count], now)
        return count

    # ---------------------------------------------------------------- writing

    def flush(self) -> None:
        """Say what the session has queued."""
        data = self.session.data_to_send()
        if data:
            self.say(data)

    def say(self, data: bytes) -> None:
        """Send whole messages; what is not taken now is owed."""
        self.bytes_said += len(data)
        if self.busy:
            self._queue.append(data)
            return
        taken = 0
        try:
            taken = self.offer(data)
        except BlockingIOError:
            pass
        except OSError as error:
            self.broke(error)
        if taken < len(data):
            self.owe((memoryview(data)[taken:],))

    def say_all(self, pieces: Sequence[Piece]) -> None:
        """The same of what is in pieces: they are not joined, but shared with whoever has them."""
        size = sum(map(len, pieces))
        self.bytes_said += size
        if self.busy:
            self._queue.extend(_all_behind(pieces, 0))
            return
        taken = 0
        try:
            taken = self.transport.offer_all(pieces)
        except BlockingIOError:
            pass
        except OSError as error:
            self.broke(error)
        if taken < size:
            self._queue.extend(_all_behind(pieces, taken))
            self._become_busy()

    def owe(self, pieces: Sequence[memoryview]) -> None:
        """What is left of a message of which the transport took the first part."""
        self._queue.extend(pieces)
        self._become_busy()

    def broke(self, error: OSError) -> None:
        """An offer failed: the connection is gone, and :meth:`drained` will say so."""
        self._broken = error.with_traceback(None)  # its frames hold this link: a cycle
        self._become_busy()

    def _become_busy(self) -> None:
        if not self.busy:
            self.busy = True
            self._moved_at = trio.current_time()
            self._on_work()

    def wake(self) -> None:
        """Somebody has something to send here, or will have when nothing is owed."""
        self._on_work()

    @property
    def owed(self) -> int:
        """Bytes owed to the peer, apart from what the transport holds."""
        return sum(map(len, self._owed or ()))

    @property
    def _queue(self) -> deque[Piece]:
        """What is owed, to put more behind it: it is made when there is something."""
        if self._owed is None:
            self._owed = deque()
        return self._owed

    async def drained(self) -> None:
        """Wait until nothing is owed.

        Raises:
            PeerStalledError: the transport took nothing for ``stalled_after`` seconds.
            PeerGoneError: the connection broke.
        """
        while self.busy:
            if self._broken is not None:
                raise PeerGoneError(_why(self._broken)) from self._broken
            backlog = self.transport.backlog
            patience = trio.CancelScope(deadline=self.stalls_at)
            self._waits = patience
            try:
                with patience:
                    await self.transport.writable()
                    self._pay()
            except OSError as error:
                raise PeerGoneError(_why(error)) from error
            finally:
                self._waits = None
            if self.transport.backlog < backlog:
                self._moved_at = trio.current_time()  # how long ago, only the transport knows
            elif patience.cancelled_caught:
                raise self._stalled()

    def pay(self) -> bool:
        """Offer what is owed, for as long as it is taken, without waiting: for who is told when the
        transport takes something, and gives up by :meth:`check_stalled`.

        Returns:
            whether nothing is owed any more.

        Raises:
            PeerGoneError: the connection broke.
        """
        if self._broken is not None:
            raise PeerGoneError(_why(self._broken)) from self._broken
        try:
            self._pay()
        except OSError as error:
            raise PeerGoneError(_why(error)) from error
        return not self.busy

    @property
    def stalls_at(self) -> float:
        """When the peer is given up, while busy, if nothing is taken until then."""
        return self._moved_at + self._stalled_after

    def check_stalled(self, now: float) -> None:
        """Raises PeerStalledError: that time has come."""
        if self.busy and now >= self.stalls_at:
            raise self._stalled()

    def _stalled(self) -> PeerStalledError:
        waiting = self.owed + self.transport.backlog
        return PeerStalledError(
            f"took nothing for {self._stalled_after:g} s; "
            f"{waiting} bytes of what was begun are waiting"
        )

    def _pay(self) -> None:
        """Offer what is owed, in order, for as long as it is taken."""
        owed = self._owed
        while owed:
            piece = owed[0]
            try:
                taken = self._offer(piece)
            except BlockingIOError:
                return
            self._moved_at = trio.current_time()
            if taken < len(piece):
                owed[0] = _behind(piece, taken)
                return
            owed.popleft()
        self._owed = None
        self.busy = self.transport.backlog > 0

    def _offer(self, piece: Piece) -> int:
        if isinstance(piece, FileSlice):
            return self.transport.offer_file(piece)
        return self.offer(piece)

    # ---------------------------------------------------------------- closing

    async def close(self, patience_s: float) -> None:
        """Close politely: say what is queued, end our side, let the peer read it, close.

        A close with unread input would send a reset, which destroys what the peer has not
        read yet; so its input is read and thrown away until it closes too. All of it is
        bounded by ``patience_s``, also when cancelled; a peer that has not taken our last
        words by then is reset.
        """
        told = False
        with trio.CancelScope(deadline=trio.current_time() + patience_s, shield=True):
            try:
                self.flush()
                await self.drained()
                self.transport.shutdown_write()
                await self.drained()  # TLS says goodbye as well
                told = True
                await self._discard()
            except PeerError:
                told = False
        if told:
            self.transport.close()
        self.reset()

    async def _discard(self) -> None:
        left = _DISCARD_BYTES
        while left > 0:
            await self.transport.readable()
            try:
                count = self.transport.receive_into(self._buffer)
            except BlockingIOError:
                continue
            except OSError:
                return  # the peer was quicker
            if not count:
                return
            left -= count

    def reset(self) -> None:
        """Drop the connection, if it is not closed yet: what is owed cannot be finished.

        The link lets go of its owner and of what is owed; it is of no use afterwards.
        """
        self.transport.reset()
        self.transport.on_backlog = None
        self._on_work = _nobody
        self._owed = None


def _behind(piece: Piece, taken: int) -> Piece:
    """What is left of a piece of which so many bytes were taken; it is no copy."""
    return piece[taken:] if isinstance(piece, FileSlice) else memoryview(piece)[taken:]


def _all_behind(pieces: Sequence[Piece], taken: int) -> Iterator[Piece]:
    """The same of several; none of it is empty."""
    for piece in pieces:
        if taken < len(piece):
            yield _behind(piece, taken) if taken else piece
            taken = 0
        else:
            taken -= len(piece)


def _nobody() -> None:
    """There is nobody left to be told."""


def _why(error: OSError) -> str:
    return error.strerror or str(error)
