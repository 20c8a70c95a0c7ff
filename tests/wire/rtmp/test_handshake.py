"""The handshake, against a second writing of Adobe's digest, captures of ffmpeg, and itself."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
from functools import partial
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import pytest
import trio
from hypothesis import example, given
from hypothesis import strategies as st

from trio_srs.errors import InternalError
from trio_srs.wire.rtmp.handshake import (
    RANDOM_BYTES,
    ClientHandshake,
    HandshakeError,
    HandshakeKind,
    ServerHandshake,
    answer_part,
)

DATA = Path(__file__).parents[2] / "data" / "handshake"
OURS = bytes(i % 251 for i in range(RANDOM_BYTES))
THEIRS = bytes(255 - i % 253 for i in range(RANDOM_BYTES))
FFMPEG_C0C1 = (DATA / "ffmpeg_c0c1.bin").read_bytes()
FFMPEG_C2 = (DATA / "ffmpeg_c2.bin").read_bytes()


class Adobe:
    """The digest once more, from the published description and with nothing of ours.

    C1 and S1 are 8 bytes, then two blocks of 764 bytes: schema 0 has the key block first,
    schema 1 the digest block. A digest block is 4 offset bytes and 760 others; the digest
    begins as many bytes behind the offset as the sum of its bytes modulo 728 says.
    """

    TAIL = bytes.fromhex(
        "f0 ee c2 4a 80 68 be e8 2e 00 d0 d1 02 9e 7e 57"
        "6e ec 5d 2d 29 80 6f ab 93 b8 e6 36 cf eb 31 ae"
    )
    PLAYER = b"Genuine Adobe Flash Player 001"
    SERVER = b"Genuine Adobe Flash Media Server 001"

    @staticmethod
    def mac(key: bytes, data: bytes) -> bytes:
        return hmac.new(key, data, hashlib.sha256).digest()

    @staticmethod
    def place(part: bytes, schema: int) -> slice:
        block = 8 + 764 * (1 - schema)
        a, b, c, d = part[block : block + 4]
        start = block + 4 + (a + b + c + d) % 728
        return slice(start, start + 32)

    @classmethod
    def digest(cls, part: bytes, schema: int, key: bytes) -> bytes:
        place = cls.place(part, schema)
        return cls.mac(key, part[: place.start] + part[place.stop :])

    @classmethod
    def holds(cls, part: bytes, schema: int, key: bytes) -> bool:
        return part[cls.place(part, schema)] == cls.digest(part, schema, key)

    @classmethod
    def signed(cls, part: bytes, digest: bytes, key: bytes) -> bool:
        return part[1504:] == cls.mac(cls.mac(key + cls.TAIL, digest), part[:1504])

    @classmethod
    def c0c1(cls, schema: int, filling: bytes) -> bytes:
        return b"\x03" + cls.c1(bytes.fromhex("00000001 80000702") + filling, schema)

    @classmethod
    def c1(cls, part: bytes, schema: int) -> bytes:
        place = cls.place(part, schema)
        return part[: place.start] + cls.digest(part, schema, cls.PLAYER) + part[place.stop :]


def server(epoch_ms: int = 0) -> ServerHandshake:
    return ServerHandshake(random=OURS, epoch_ms=epoch_ms)


# The letter: the plain form.


def test_a_plain_client_is_answered_plainly_and_at_once() -> None:
    c1 = bytes.fromhex("01020304 00000000") + THEIRS[:1528]
    shaken = server(epoch_ms=0x0A0B0C0D)

    answer = shaken.receive(b"\x03" + c1)

    assert answer == b"\x03" + bytes.fromhex("0a0b0c0d 00000000") + OURS[:1528] + c1
    assert (shaken.started, shaken.done, shaken.kind) == (True, False, HandshakeKind.PLAIN)
    assert shaken.receive(b"whatever".ljust(1536)) == b""
    assert (shaken.done, shaken.trailing) == (True, b"")


def test_nothing_is_answered_before_the_last_byte_of_c1() -> None:
    shaken = server()
    assert shaken.receive(b"\x03" + bytes(1535)) == b""
    assert not shaken.started
    assert len(shaken.receive(b"\0")) == 1 + 1536 + 1536
    assert shaken.started


def test_a_client_that_sends_everything_at_once_loses_nothing() -> None:
    shaken = server()
    answer = shaken.receive(b"\x03" + bytes(1536) + bytes(1536) + b"a chunk")
    assert len(answer) == 3073
    assert (shaken.done, shaken.trailing) == (True, b"a chunk")


def test_c2_is_not_looked_at() -> None:
    shaken = server()
    shaken.receive(Adobe.c0c1(1, THEIRS[:1528]))
    shaken.receive(b"\xff" * 1536)
    assert shaken.done


def test_the_time_wraps_at_32_bits() -> None:
    answer = server(epoch_ms=2**32 + 5).receive(b"\x03" + bytes(1536))
    assert answer[1:5] == bytes.fromhex("00000005")


def test_a_plain_clients_c1_has_no_version_and_its_c2_is_s1() -> None:
    shaken = ClientHandshake(random=OURS, epoch_ms=7)
    assert shaken.begin() == b"\x03" + bytes.fromhex("00000007 00000000") + OURS[:1528]
    assert shaken.begin() == shaken.begin()

    s1 = bytes.fromhex("00000009 03050300") + THEIRS[:1528]
    assert shaken.receive(b"\x03" + s1) == s1
    assert shaken.receive(bytes(1536) + b"more") == b""
    assert (shaken.done, shaken.trailing, shaken.kind) == (True, b"more", HandshakeKind.PLAIN)


# The letter: the digest.


@pytest.mark.parametrize("schema", [0, 1])
def test_a_digest_is_answered_in_kind(schema: int) -> None:
    c0c1 = Adobe.c0c1(schema, THEIRS[:1528])
    shaken = server(epoch_ms=3)

    answer = shaken.receive(c0c1)

    s1, s2 = answer[1:1537], answer[1537:]
    assert shaken.kind == f"digest_schema{schema}"
    assert answer[0] == 3
    assert s1[:4] == bytes.fromhex("00000003")
    assert any(s1[4:8])
    assert Adobe.holds(s1, schema, Adobe.SERVER)
    assert not Adobe.holds(s1, 1 - schema, Adobe.SERVER)
    assert len(s2) == 1536
    assert Adobe.signed(s2, c0c1[1:][Adobe.place(c0c1[1:], schema)], Adobe.SERVER)


def test_s1_and_s2_share_no_random_bytes() -> None:
    answer = server().receive(Adobe.c0c1(1, THEIRS[:1528]))
    assert answer[1537 : 1537 + 1504] == OURS[1528 : 1528 + 1504]


@pytest.mark.parametrize("schema", [0, 1])
@pytest.mark.parametrize("offset", ["00000000", "ffffffff", "000002d7", "ff00ffd9", "ffffdb00"])
def test_the_digest_is_found_at_every_kind_of_offset(schema: int, offset: str) -> None:
    filling = bytearray(THEIRS[:1528])
    block = 764 * (1 - schema)
    filling[block : block + 4] = bytes.fromhex(offset)
    shaken = server()
    shaken.receive(Adobe.c0c1(schema, bytes(filling)))
    assert shaken.kind == f"digest_schema{schema}"


@pytest.mark.parametrize("schema", [0, 1])
def test_one_wrong_bit_makes_it_plain(schema: int) -> None:
    c0c1 = bytearray(Adobe.c0c1(schema, THEIRS[:1528]))
    c0c1[1000] ^= 1
    shaken = server()
    answer = shaken.receive(c0c1)
    assert shaken.kind is HandshakeKind.PLAIN
    assert answer[5:9] == bytes(4)
    assert answer[1537:] == c0c1[1:]


def test_a_digest_without_a_version_is_not_looked_for() -> None:
    shaken = server()
    shaken.receive(b"\x03" + Adobe.c1(bytes(8) + THEIRS[:1528], 1))
    assert shaken.kind is HandshakeKind.PLAIN


def test_a_servers_digest_is_no_clients() -> None:
    s1 = server().receive(Adobe.c0c1(1, THEIRS[:1528]))[:1537]
    shaken = server()
    shaken.receive(s1)
    assert shaken.kind is HandshakeKind.PLAIN


@pytest.mark.parametrize("schema", [0, 1])
def test_a_client_with_a_digest_signs_its_c2(schema: int) -> None:
    client = ClientHandshake(random=THEIRS, epoch_ms=4, digest=True, schema=0 if schema == 0 else 1)
    c0c1 = client.begin()
    assert c0c1[0] == 3
    assert Adobe.holds(c0c1[1:], schema, Adobe.PLAYER)

    answer = server().receive(c0c1)
    c2 = client.receive(answer)

    s1 = answer[1:1537]
    assert client.kind == f"digest_schema{schema}"
    assert Adobe.signed(c2, s1[Adobe.place(s1, schema)], Adobe.PLAYER)
    assert (client.started, client.done, client.trailing) == (True, True, b"")


def test_a_client_whose_digest_is_not_taken_up_goes_on_plainly() -> None:
    client = ClientHandshake(random=OURS, digest=True)
    s1 = bytes(8) + THEIRS[:1528]
    assert client.receive(b"\x03" + s1) == s1
    assert client.kind is HandshakeKind.PLAIN


def test_schema_1_is_what_a_client_offers_unless_told_otherwise() -> None:
    assert Adobe.holds(ClientHandshake(random=OURS, digest=True).begin()[1:], 1, Adobe.PLAYER)


# What is no handshake.

NO_RTMP = {
    b"GET /live/cam1 HTTP/1.1\r\n": (
        r"an HTTP client connected to the RTMP port: GET /live/cam1 "
        r"\(C0 is 0x47 \(byte 0\), expected 0x03\)$"
    ),
    b"POST /": "an HTTP client connected to the RTMP port: POST /",
    b"OPTIONS": "an HTTP client connected to the RTMP port",
    b"SSH-2.0": "an SSH client connected to the RTMP port",
    b"\x16\x03\x01": "a TLS client connected to the RTMP port; that is for rtmps://, or the RTMPS",
    b"\r\n\r\n\0\r\nQUIT\n": "a proxy with the PROXY protocol, version 2, connected",
    b"\xf3": "a proxy of SRS connected to the RTMP port",
    b"\x06": r"an encrypted RTMP client \(RTMPE\) connected",
    b"\x00": r"^C0 is 0x00 \(byte 0\), expected 0x03$",
    b"\x04" + bytes(3072): r"^C0 is 0x04 \(byte 0\), expected 0x03$",
}


@pytest.mark.parametrize(("said", "complaint"), NO_RTMP.items(), ids=repr)
def test_another_protocol_is_named(said: bytes, complaint: str) -> None:
    with pytest.raises(HandshakeError, match=complaint):
        server().receive(said)


ANSWERS = {
    b"HTTP/1.1 400 Bad Request\r\nServer: x": "an HTTP server answered: HTTP/1.1 400 Bad Request ",
    b"H": r"an HTTP server answered \(S0 is 0x48",
    b"SSH-2.0-x\r\n": "an SSH server answered",
    b"RTSP/1.0 400\r\n": "an RTSP server answered",
    b"\x15\x03\x01": r"^S0 is 0x15 \(byte 0\), expected 0x03$",
}


@pytest.mark.parametrize(("said", "complaint"), ANSWERS.items(), ids=repr)
def test_a_client_names_another_protocol_too(said: bytes, complaint: str) -> None:
    with pytest.raises(HandshakeError, match=complaint):
        ClientHandshake(random=OURS).receive(said)


def test_what_follows_the_handshake_is_not_for_it() -> None:
    shaken = server()
    shaken.receive(b"\x03" + bytes(3072))
    with pytest.raises(InternalError, match="done: they are for the chunk reader"):
        shaken.receive(b"a chunk")


def test_no_bytes_are_nothing_at_any_time() -> None:
    shaken = server()
    assert shaken.receive(b"") == b""
    shaken.receive(b"\x03" + bytes(3072))
    assert shaken.receive(b"") == b""


def test_too_few_random_bytes_are_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="3071 random bytes, expected 3072"):
        ServerHandshake(random=bytes(3071))


# The world.


def test_ffmpegs_digest_is_valid_and_of_schema_1() -> None:
    assert Adobe.holds(FFMPEG_C0C1[1:], 1, Adobe.PLAYER)
    shaken = server()
    shaken.receive(FFMPEG_C0C1)
    assert shaken.kind is HandshakeKind.DIGEST_1


def test_ffmpeg_signed_the_digest_that_we_sent_it() -> None:
    s1 = server().receive(FFMPEG_C0C1)[1:1537]
    assert Adobe.signed(FFMPEG_C2, s1[Adobe.place(s1, 1)], Adobe.PLAYER)


@pytest.mark.parametrize("size", [1, 2, 1536])
def test_a_truncated_capture_is_waited_for(size: int) -> None:
    shaken = server()
    assert shaken.receive(FFMPEG_C0C1[:size]) == b""
    assert not shaken.started


@pytest.mark.interop
async def test_ffmpeg_goes_on_to_connect() -> None:
    """As a player, ffmpeg checks the digest in S1 and the signature of S2."""
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i"]
    command += [f"rtmp://127.0.0.1:{port}/live/cam", "-f", "null", "-"]
    async with listener, trio.open_nursery() as nursery:
        run = partial(trio.run_process, stdin=b"", stderr=subprocess.DEVNULL, check=False)
        nursery.start_soon(run, command)
        with trio.fail_after(15):
            stream = await listener.accept()
            async with stream:
                shaken = server()
                while not shaken.done:
                    heard = await stream.receive_some()
                    assert heard, "ffmpeg did not like the answer"
                    await stream.send_all(shaken.receive(heard))
                heard = shaken.trailing
                while b"connect" not in heard:
                    more = await stream.receive_some()
                    assert more, "ffmpeg did not like the answer"
                    heard += more
        assert shaken.kind is HandshakeKind.DIGEST_1
        nursery.cancel_scope.cancel()


# The law.

handshakes = st.sampled_from(["plain", "schema 0", "schema 1"])
fillings = st.integers(0, 2**32 - 1).map(lambda seed: hashlib.shake_256(b"%d" % seed).digest(3072))


def client_of(kind: str, filling: bytes) -> ClientHandshake:
    digest = kind != "plain"
    return ClientHandshake(random=filling, digest=digest, schema=0 if kind == "schema 0" else 1)


cuts = st.lists(st.integers(0, 3100) | st.sampled_from([0, 1, 1536, 1537, 3073]), max_size=12)


def sliced(data: bytes, at: list[int]) -> list[bytes]:
    """``data`` in pieces, some of them empty, as a network might deliver it."""
    return [data[a:b] for a, b in pairwise([0, *sorted(at), len(data)])]


def verdict(shaken: ServerHandshake, pieces: list[bytes]) -> tuple[bytes, bytes] | str:
    """What a server answers to all that, and what is left; or its complaint.

    Who is blamed is left out: what it can be told by depends on how much is there.
    """
    answer, rest = b"", b""
    try:
        for piece in pieces:
            if shaken.done:
                rest += piece
            else:
                answer += shaken.receive(piece)
    except HandshakeError as exc:
        return str(exc).rpartition("(")[2].rstrip(")")
    return answer, shaken.trailing + rest


@given(handshakes, fillings, fillings, st.tuples(cuts, cuts, cuts))
def test_two_of_us_agree_however_the_bytes_are_sliced(
    kind: str, one: bytes, other: bytes, at: tuple[list[int], list[int], list[int]]
) -> None:
    client, shaken = client_of(kind, one), ServerHandshake(random=other)
    answer = b"".join(map(shaken.receive, sliced(client.begin(), at[0])))
    c2 = b"".join(map(client.receive, sliced(answer, at[1])))
    said = verdict(shaken, sliced(c2 + b"chunks", at[2]))
    assert said == (b"", b"chunks")
    assert client.done
    assert client.kind == shaken.kind
    assert (client.kind is HandshakeKind.PLAIN) == (kind == "plain")


@given(st.binary(max_size=64) | st.just(b"\x03"), fillings, cuts)
@example(b"GET / HTTP/1.1\r\n\r\n", bytes(3072), list(range(20)))
@example(b"\x03", bytes(3072), list(range(3073)))
def test_garbage_is_read_or_blamed_on_the_peer(head: bytes, filling: bytes, at: list[int]) -> None:
    garbage = head + filling
    assert verdict(server(), [garbage]) == verdict(server(), sliced(garbage, at))


@pytest.mark.parametrize("digest", [False, True])
def test_a_part_is_answered_as_either_side_would(digest: bool) -> None:
    random = bytes(range(256)) * 12
    client = ClientHandshake(random=random, digest=digest)
    server = ServerHandshake(random=random)
    c0c1 = client.begin()
    said = server.receive(c0c1)
    assert answer_part(c0c1[1:], random[1528:], to_server=False) == said[1537:]
    assert answer_part(said[1:1537], random[1528:], to_server=True) == client.receive(said)
