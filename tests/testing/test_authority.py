"""A certificate authority of a run: who is given its file trusts the servers that it signed."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from trio_srs.net.certificate import server_context
from trio_srs.testing import CertificateAuthority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("ca"))


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """Both ends, in memory."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(down, up, server_hostname=name),
        server.wrap_bio(up, down, server_side=True),
    ]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_who_has_its_file_trusts_its_servers(authority: CertificateAuthority, name: str) -> None:
    server = server_context(str(authority.certificate), str(authority.key))
    client = ssl.create_default_context(cafile=str(authority.file))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    shake_hands(server, client, name)
    assert authority.section["certificate"] == str(authority.certificate)


@pytest.mark.parametrize(("name", "is_given"), [("example.com", True), ("localhost", False)])
def test_others_and_other_names_are_not_trusted(
    authority: CertificateAuthority, name: str, is_given: bool
) -> None:
    server = server_context(str(authority.certificate), str(authority.key))
    client = ssl.create_default_context(cafile=str(authority.file) if is_given else None)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, client, name)


def test_its_key_is_nowhere_and_a_servers_is_for_its_owner(authority: CertificateAuthority) -> None:
    kept = {path.name for path in Path(authority.file).parent.iterdir()}
    assert kept == {"ca.pem", "server.pem", "server-key.pem"}
    assert authority.key.stat().st_mode & 0o777 == 0o600
    assert authority.variables["SSL_CERT_FILE"] == str(authority.file)
