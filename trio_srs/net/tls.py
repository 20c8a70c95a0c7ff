"""TLS over any transport, keeping the transport's synchronous calls. Floor 2."""

from __future__ import annotations

import contextlib
import errno
import ssl
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.errors import PeerError
from trio_srs.session.file_slice import FileSlice, Piece

if TYPE_CHECKING:
    from trio_srs.net.transport import Transport

__all__ = ["MAX_OFFER", "TlsHandshakeError", "TlsTransport"]

MAX_OFFER: Final = 65_536
"""Bytes of plain text that one offer takes at most: what it may cost to hold them as
ciphertext when the peer's socket is full."""

_RECEIVE_SIZE: Final = 16_640  # a whole record (RFC 8446, 5.2); each connection has such a buffer
_HEADER_SIZE: Final = 5
_HEARD_MOST: Final = 256


class TlsHandshakeError(PeerError):
    """The peer did not agree on TLS with us, or is not who it says."""

    code = "tls_handshake_failed"
    heard = b""
    """What came first of the peer, some of it."""


class _RecordWalk:
    """Where one TLS record ends and the next begins (RFC 8446, 5.1), to know a torn one.

    OpenSSL says the same for a stream that ends between records and one that ends inside.
    """

    __slots__ = ("_header", "_left")

    def __init__(self) -> None:
        self._header = b""
        self._left = 0

    @property
    def is_inside(self) -> bool:
        return bool(self._left or self._header)

    def feed(self, data: memoryview) -> None:
        while data:
            if self._left:
                skipped = min(self._left, len(data))
                self._left -= skipped
                data = data[skipped:]
                continue
            wanted = _HEADER_SIZE - len(self._header)
            self._header += data[:wanted]
            data = data[wanted:]
            if len(self._header) == _HEADER_SIZE:
                self._left = int.from_bytes(self._header[3:], "big")
                self._header = b""


class TlsTransport:
    """A :class:`~trio_srs.net.transport.Transport` that encrypts what goes over another one.

    Call :meth:`handshake` first. An offer takes at most :data:`MAX_OFFER` bytes; ciphertext
    for which the transport below has no room is kept (``backlog``), and until it is gone
    nothing more is taken.
    """

    __slots__ = (
        "_below",
        "_closed",
        "_early",
        "_ends_below",
        "_error",
        "_fed",
        "_from_peer",
        "_heard",
        "_held",
        "_is_over",
        "_scratch",
        "_tls",
        "_to_peer",
        "_walk",
        "_wants_read",
        "_was_torn",
        "on_backlog",
    )

    def __init__(
        self,
        below: Transport,
        context: ssl.SSLContext,
        *,
        server_side: bool,
        server_hostname: str | None = None,
    ) -> None:
        """Own ``below``, a connected transport on which nothing was said yet.

        ``server_hostname`` is what a client asks for (SNI) and what the certificate must name.
        """
        self._below = below
        self._from_peer = ssl.MemoryBIO()
        self._to_peer = ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._from_peer,
            self._to_peer,
            server_side=server_side,
            server_hostname=server_hostname,
        )
        self._held = b""
        self._heard = b""
        self._early = memoryview(b"")
        self._scratch = memoryview(bytearray(_RECEIVE_SIZE))
        self._walk = _RecordWalk()
        self._fed = trio.Event()
        self._wants_read = False
        self._was_torn = False
        self._error: OSError | None = None  # and the end are told when all before them was read
        self._is_over = False
        self._ends_below = False
        self._closed = False
        self.on_backlog: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.local} -> {self.peer}>"

    @property
    def peer(self) -> str:
        return self._below.peer

    @property
    def local(self) -> str:
        return self._below.local

    @property
    def fileno(self) -> int | None:
        return None

    @property
    def backlog(self) -> int:
        """Bytes of ciphertext that the transport below has not taken."""
        return len(self._held)

    @property
    def version(self) -> str | None:
        """``"TLSv1.3"`` and the like; None before the handshake."""
        return self._tls.version()

    # Opening

    async def handshake(self) -> None:
        """Agree on TLS with the peer. Takes as long as the peer does: set a deadline.

        Raises:
            TlsHandshakeError: the peer hung up, does not speak TLS, or is not trusted.
            OSError: the connection broke.
            trio.ClosedResourceError: this end was closed meanwhile.
        """
        while not self._try_handshake():
            await self._push_all()
            await self._below.readable()
            with contextlib.suppress(BlockingIOError):
                count = self._feed()
                self._heard = self._heard or bytes(self._scratch[: min(count, _HEARD_MOST)])
        await self._push_all()

    def _try_handshake(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            with contextlib.suppress(OSError):  # the alert that tells the peer why
                self._push()
            failure = TlsHandshakeError(f"TLS handshake with {self.peer} failed: {_reason(error)}")
            failure.heard = self._heard
            raise failure from error
        self._heard = b""
        return True

    async def _push_all(self) -> None:
        self._push()
        while self._held:
            await self._below.writable()
            self._push()

    # Reading

    def receive_into(self, buffer: memoryview, /) -> int:
        """See :meth:`.Transport.receive_into`.

        A peer that ends the connection without saying so in TLS has ended the stream all the
        same (players do it); only an end in the middle of a record is a broken connection.
        """
        if self._closed:
            raise OSError(errno.EBADF, "this end of the connection was closed")
        if self._early:
            return self._take_early(buffer)
        if self._error is not None:
            raise self._error
        if self._is_over:
            return 0
        got = self._read_some(buffer)
        while 0 < got < len(buffer):  # OpenSSL gives one record, 16 KiB, a call
            try:
                more = self._read_some(buffer[got:])
            except BlockingIOError:
                break
            except OSError as error:
                self._error = error.with_traceback(None)
                break
            if not more:
                self._is_over = True
                break
            got += more
        return got

    def _read_some(self, buffer: memoryview) -> int:
        while True:
            try:
                return self._tls.read(len(buffer), buffer)  # type: ignore[return-value]  # typeshed knows only bytearray
            except ssl.SSLWantReadError:
                self._answer()
            except ssl.SSLZeroReturnError:
                return 0
            except ssl.SSLEOFError:
                if self._was_torn:
                    raise ConnectionResetError(
                        f"{self.peer} hung up in the middle of a TLS record"
                    ) from None
                return 0
            except ssl.SSLError:
                with contextlib.suppress(OSError):  # the alert that tells the peer why
                    self._push()
                raise
            self._feed()

    def _take_early(self, buffer: memoryview) -> int:
        count = min(len(buffer), len(self._early))
        buffer[:count] = self._early[:count]
        self._early = self._early[count:]
        return count

    def _answer(self) -> None:
        """Send what reading made TLS say: an alert, a key update, a renegotiation."""
        if self._to_peer.pending:
            self._push()
            if self._held:
                self._tell_backlog()

    def _feed(self) -> int:
        count = self._below.receive_into(self._scratch)
        if count:
            data = self._scratch[:count]
            self._walk.feed(data)
            self._from_peer.write(data)
        else:
            self._was_torn = self._walk.is_inside
            self._from_peer.write_eof()
        self._wants_read = False
        self._fed.set()
        self._fed = trio.Event()
        return count

    async def readable(self) -> None:
        if (
            self._early
            or self._tls.pending()
            or self._from_peer.pending
            or self._from_peer.eof
            or self._error is not None
            or self._is_over
        ):
            await trio.lowlevel.checkpoint()
            self._check_open()
        else:
            await self._below.readable()

    # Writing

    def offer(self, data: bytes | memoryview, /) -> int:
        """See :meth:`.Transport.offer`. Takes at most :data:`MAX_OFFER` bytes."""
        if self._closed or self._ends_below:
            raise BrokenPipeError("sent after the end of the stream")
        if self._held:
            self._push()
            if self._held:
                raise BlockingIOError("ciphertext is waiting for room")
        taken = self._encrypt(memoryview(data)[:MAX_OFFER])
        self._push()
        if self._held:
            self._tell_backlog()
        if not taken:
            raise BlockingIOError("TLS must hear from the peer first")
        return taken

    def offer_file(self, piece: FileSlice, /) -> int:
        """See :meth:`.Transport.offer_file`: what is encrypted has to be read."""
        return self.offer(bytes(piece[:MAX_OFFER]))

    def offer_all(self, pieces: Sequence[Piece], /) -> int:
        """See :meth:`.Transport.offer_all`: a record is no larger than a piece."""
        total = 0
        for piece in pieces:
            try:
                if isinstance(piece, FileSlice):
                    taken = self.offer_file(piece)
                else:
                    taken = self.offer(piece)
            except BlockingIOError:
                if not total:
                    raise
                break
            total += taken
            if taken < len(piece) or self._held:
                break
        return total

    def _encrypt(self, data: memoryview) -> int:
        taken = 0
        try:
            while taken < len(data):  # OpenSSL takes one record, 16 KiB, a call
                taken += self._tls.write(data[taken:])
        except ssl.SSLWantReadError:
            self._wants_read = True
        return taken

    def _push(self) -> None:
        self._held += self._to_peer.read()
        if self._held:
            with contextlib.suppress(BlockingIOError):
                self._held = self._held[self._below.offer(self._held) :]
        if self._ends_below and not self._held:
            self._below.shutdown_write()

    def _tell_backlog(self) -> None:
        if self.on_backlog is not None:
            self.on_backlog()

    async def writable(self) -> None:
        while self._wants_read and not self._closed:
            await self._fed.wait()
        self._check_open()
        await self._below.writable()
        while self._held:
            self._push()
            await self._below.writable()

    # Closing

    def shutdown_write(self) -> None:
        """See :meth:`.Transport.shutdown_write`: close_notify, then the end below."""
        if self._closed or self._ends_below:
            return
        self._ends_below = True
        self._early = memoryview(bytes(self._early) + self._decrypt_all())
        # It says close_notify, then looks for the peer's, and would throw away media before it.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        with contextlib.suppress(OSError):
            self._push()
        if self._held:
            self._tell_backlog()

    def _decrypt_all(self) -> bytes:
        """What has arrived and can be decrypted without asking the transport below."""
        whole = bytearray()
        with contextlib.suppress(ssl.SSLError):
            while some := self._tls.read(_RECEIVE_SIZE):
                whole += some
        return bytes(whole)

    def close(self) -> None:
        self._closed = True
        self._below.close()
        self._fed.set()

    def reset(self) -> None:
        self._closed = True
        self._below.reset()
        self._fed.set()

    def _check_open(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this end of the connection was closed")


def _reason(error: ssl.SSLError) -> str:
    """What OpenSSL says, in words: its ``WRONG_VERSION_NUMBER`` is "wrong version number"."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError):
        return "the peer hung up"
    return (error.reason or str(error)).replace("_", " ").lower()


if TYPE_CHECKING:

    def _is_a_transport(transport: TlsTransport) -> Transport:
        return transport
