"""RTMPS on the wire is read with the keys that one end has logged."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.tools.inspect.scenes import Scene
from tests.tools.inspect.test_capture_reader import messages, pcap, segments
from trio_srs.net.certificate import self_signed_context
from trio_srs.tools.inspect.capture_reader import CaptureFileContent, read_captures
from trio_srs.wire.session_capture import CaptureKind, CaptureRecord, SessionCaptureError

CIPHERS = {
    "1.3": (ssl.TLSVersion.TLSv1_3, ""),
    "aes128": (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    "aes256": (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-GCM-SHA384"),
    "chacha": (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-CHACHA20-POLY1305"),
    "cbc": (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA"),
}


class End:
    """One end of TLS in memory, and what it has sent."""

    def __init__(self, context: ssl.SSLContext, kind: CaptureKind) -> None:
        self.kind = kind
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(
            self.incoming, self.outgoing, server_side=kind == CaptureKind.SENT
        )

    def shake(self) -> None:
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return


def encrypted(key_log: Path, cipher: str) -> list[CaptureRecord]:
    """A publish as it is on the wire inside TLS."""
    version, name = CIPHERS[cipher]
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    client_context.verify_mode = ssl.CERT_NONE
    client_context.maximum_version = version
    if name:
        client_context.set_ciphers(f"{name}:@SECLEVEL=0")
    client_context.keylog_filename = str(key_log)
    server_context = self_signed_context()
    if cipher == "cbc":
        server_context.set_ciphers("ALL:@SECLEVEL=0")
    client, server = (
        End(client_context, CaptureKind.RECEIVED),
        End(server_context, CaptureKind.SENT),
    )
    records: list[CaptureRecord] = []

    def pass_on(end: End, other: End) -> None:
        if data := end.outgoing.read():
            records.append(CaptureRecord(end.kind, 0, data))
            other.incoming.write(data)

    for _ in range(4):
        for end, other in ((client, server), (server, client)):
            end.shake()
            pass_on(end, other)
    for record in Scene().publish().records:
        end, other = (client, server) if record.kind == client.kind else (server, client)
        end.tls.write(record.data)
        pass_on(end, other)
    return records


def read(tmp_path: Path, records: list[CaptureRecord], key_log: Path | None) -> CaptureFileContent:
    path = tmp_path / "file.pcap"
    path.write_bytes(pcap("raw", segments(records)))
    return read_captures(path, key_log)


@pytest.mark.parametrize("cipher", ["1.3", "aes128", "aes256", "chacha"])
def test_what_is_inside_is_as_if_it_had_not_been_encrypted(tmp_path: Path, cipher: str) -> None:
    key_log = tmp_path / "keys"
    [session] = read(tmp_path, encrypted(key_log, cipher), key_log).sessions
    assert session.about["protocol"] == "rtmps"
    expected = [payload for *_, payload in messages(Scene().publish().capture())]
    assert [payload for *_, payload in messages(session)] == expected


def test_what_cannot_be_decrypted_says_why(tmp_path: Path) -> None:
    key_log, other = tmp_path / "keys", tmp_path / "other"
    records = encrypted(key_log, "1.3")
    other.write_text("# none\nCLIENT_RANDOM zz zz\nCLIENT_RANDOM 00 00\n")
    wrong = key_log.read_text().splitlines()
    other2 = tmp_path / "other2"
    other2.write_text("\n".join(f"{line[:-4]}0000" for line in wrong))
    cbc = tmp_path / "cbc"
    cases = [
        (records, None, "a key log is needed"),
        (records, other, "the key log has no SERVER_HANDSHAKE_TRAFFIC_SECRET for it"),
        (records, other2, "the keys of the key log do not fit its records"),
        (encrypted(cbc, "cbc"), cbc, "is none that is known"),
    ]
    for said, keys, why in cases:
        assert why in read(tmp_path, said, keys).passed_over[0]
    with pytest.raises(SessionCaptureError, match="No such file"):
        read(tmp_path, records, tmp_path / "nothing")
    gap = segments(records)
    path = tmp_path / "gap.pcap"
    path.write_bytes(pcap("raw", gap[:-3] + gap[-1:]))
    assert "bytes of it are missing" in read_captures(path, key_log).passed_over[0]
