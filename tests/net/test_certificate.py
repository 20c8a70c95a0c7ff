"""Certificates from files are checked one complaint at a time; made-up ones just work."""

from __future__ import annotations

import datetime
import os
import ssl
import tempfile
from pathlib import Path

import pytest
import trio
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from trio_srs.net.address import Address
from trio_srs.net.certificate import (
    TlsConfigError,
    self_signed_context,
    server_context,
    tls_context,
)
from trio_srs.net.tls import TlsTransport
from trio_srs.net.tls_config import TlsConfig
from trio_srs.testing.memory import memory_transport_pair

AUTHORITY = trustme.CA()
ISSUED = AUTHORITY.issue_cert("localhost")
SOMEBODY_ELSES = AUTHORITY.issue_cert("localhost")


def encrypted(key: bytes, password: bytes) -> bytes:
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "server.pem"
    path.write_bytes(b"".join(blob.bytes() for blob in ISSUED.cert_chain_pems))
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "server.key"
    path.write_bytes(ISSUED.private_key_pem.bytes())
    return path


async def agree(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bytes | None:
    """Shake hands, and return the certificate that the client saw."""
    one, other = memory_transport_pair()
    ends = (
        TlsTransport(one, server, server_side=True),
        TlsTransport(other, client, server_side=False, server_hostname=name),
    )
    async with trio.open_nursery() as nursery:
        for end in ends:
            nursery.start_soon(end.handshake)
    return ends[1]._tls.getpeercert(binary_form=True)


async def test_a_context_from_files_is_trusted(certificate: Path, key: Path) -> None:
    client = ssl.create_default_context()
    AUTHORITY.configure_trust(client)
    assert await agree(server_context(str(certificate), str(key)), client, "localhost")


@pytest.fixture
def locked_key(key: Path) -> Path:
    key.write_bytes(encrypted(ISSUED.private_key_pem.bytes(), b"open sesame"))
    return key


async def test_a_key_may_be_encrypted(certificate: Path, locked_key: Path) -> None:
    client = ssl.create_default_context()
    AUTHORITY.configure_trust(client)
    context = server_context(str(certificate), str(locked_key), "open sesame")
    assert await agree(context, client, "localhost")


def test_nothing_older_than_tls_1_2_is_spoken(certificate: Path, key: Path) -> None:
    for context in (server_context(str(certificate), str(key)), self_signed_context()):
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert context.verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize("which", ["certificate", "key"])
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot read TLS {which} {path}: No such file or directory"),
        (b"", "TLS {which} {path} is not in PEM format: no BEGIN line in it"),
        (b"\x30\x82\x01\x0a", "TLS {which} {path} is not in PEM format: no BEGIN line in it"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    certificate: Path, key: Path, which: str, content: bytes | None, complaint: str
) -> None:
    path = {"certificate": certificate, "key": key}[which]
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(TlsConfigError) as caught:
        server_context(str(certificate), str(key))
    assert str(caught.value) == complaint.format(which=which, path=path)


def test_another_certificates_key_is_refused(certificate: Path, key: Path) -> None:
    key.write_bytes(SOMEBODY_ELSES.private_key_pem.bytes())
    with pytest.raises(TlsConfigError) as caught:
        server_context(str(certificate), str(key))
    expected = f"TLS key {key} does not belong to the certificate {certificate}"
    assert str(caught.value) == expected


@pytest.mark.parametrize(("password", "how"), [(None, "is missing"), ("guess", "is wrong")])
def test_an_encrypted_key_needs_its_password(
    certificate: Path, locked_key: Path, password: str | None, how: str
) -> None:
    with pytest.raises(TlsConfigError) as caught:
        server_context(str(certificate), str(locked_key), password)
    expected = f"cannot use TLS key {locked_key}: it is encrypted and the password {how}"
    assert str(caught.value) == expected


def test_a_password_too_long_for_openssl_is_refused(certificate: Path, locked_key: Path) -> None:
    with pytest.raises(TlsConfigError, match="password cannot be longer"):
        server_context(str(certificate), str(locked_key), "x" * 5_000)


def damage(path: Path) -> None:
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "AAAA" * 10, lines[-1]]))


def test_a_damaged_certificate_is_named(certificate: Path, key: Path) -> None:
    damage(certificate)
    with pytest.raises(TlsConfigError) as caught:
        server_context(str(certificate), str(key))
    assert str(caught.value) == f"TLS certificate {certificate} is damaged, or not a certificate"


def test_a_key_in_the_certificates_place_is_named(key: Path) -> None:
    with pytest.raises(TlsConfigError) as caught:
        server_context(str(key), str(key))
    assert str(caught.value) == f"TLS certificate {key} is damaged, or not a certificate"


def test_a_damaged_key_is_named(certificate: Path, key: Path) -> None:
    damage(key)
    with pytest.raises(TlsConfigError) as caught:
        server_context(str(certificate), str(key))
    assert str(caught.value) == f"TLS key {key} is damaged, or not a private key"


def test_a_key_too_weak_for_openssl_is_refused(certificate: Path, key: Path) -> None:
    weak = rsa.generate_private_key(65_537, 1_024)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "weak")])
    start = datetime.datetime(2024, 1, 1)
    signed = (
        x509.CertificateBuilder(name, name, weak.public_key(), 1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=1))
        .sign(weak, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    with pytest.raises(TlsConfigError, match=r"with key .*: ee key too small"):
        server_context(str(certificate), str(key))


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "::1", "media.example", "192.0.2.7", "2001:db8::7"]
)
async def test_a_self_signed_certificate_is_good_for_its_names(name: str) -> None:
    server = self_signed_context(["media.example", "192.0.2.7", "2001:db8::7", "localhost"])
    blind = ssl.create_default_context()
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    der = await agree(server, blind, name)
    assert der is not None
    trusting = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(der))
    assert await agree(server, trusting, name) == der


def test_two_self_signed_certificates_have_nothing_in_common() -> None:
    one, other = self_signed_context(), self_signed_context()
    assert one is not other


def test_no_key_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    modes: list[int] = []
    load = ssl.SSLContext.load_cert_chain

    def watch(self: ssl.SSLContext, path: str) -> None:
        modes.append(os.stat(path).st_mode & 0o777)
        load(self, path)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watch)
    self_signed_context()
    assert modes == [0o600]
    assert list(tmp_path.iterdir()) == []


def test_tickets_are_sent_unless_they_are_not_to_be(certificate: Path, key: Path) -> None:
    config = TlsConfig(listen=(Address.parse("127.0.0.1:0"),), certificate=certificate, key=key)
    for has_tickets in (True, False):
        context = tls_context(config, has_tickets=has_tickets)
        assert context is not None
        assert bool(context.num_tickets) is has_tickets
    assert tls_context(TlsConfig()) is None
