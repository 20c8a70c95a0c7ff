"""A certificate authority of a run of tests: servers that clients can check. Floor 7."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trio_srs.net.certificate import names_of

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["CertificateAuthority"]

_LIFETIME: Final = datetime.timedelta(days=7)
_CLOCK_SKEW: Final = datetime.timedelta(days=1)
_VARIABLES: Final = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


class CertificateAuthority:
    """Signs the certificate of servers of tests, for ``localhost``, ``127.0.0.1`` and ``::1``.

    Nobody trusts it who was not given its file. Its own key is never written down.

    Attributes:
        file: its certificate (PEM): what clients are to be given.
        certificate: a server's (PEM), signed by it.
        key: that server's private key (PEM).
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """
        Args:
            folder: where the files go; it is made if it is not there yet.
        """
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        where = Path(folder).absolute()
        where.mkdir(parents=True, exist_ok=True)
        self.file, self.certificate, self.key = (
            where / name for name in ("ca.pem", "server.pem", "server-key.pem")
        )
        own, servers = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        pem = serialization.Encoding.PEM
        authority = _authority(own)
        self.file.write_bytes(authority.public_bytes(pem))
        self.certificate.write_bytes(_signed(authority, own, servers).public_bytes(pem))
        self.key.touch(mode=0o600)
        self.key.write_bytes(
            servers.private_bytes(
                pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    @property
    def section(self) -> Mapping[str, Any]:
        """What makes a server listen with it: ``rtmp_server_factory(rtmps=rtmp_ca.section)``, and
        likewise ``https``."""
        files = {"certificate": str(self.certificate), "key": str(self.key)}
        return {"listen": ["127.0.0.1:0"], **files}

    @property
    def variables(self) -> dict[str, str]:
        """Variables of the environment by which OpenSSL, curl and Python's requests are told whom
        to trust: ``env=os.environ | rtmp_ca.variables``. For others there is none."""
        return dict.fromkeys(_VARIABLES, str(self.file))


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    name = _name("trio-srs tests")
    usage = dict.fromkeys(
        (
            *("digital_signature", "content_commitment", "key_encipherment"),
            *("data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return (
        _described(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )


def _signed(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _described(_name("localhost"), authority.subject, key)
        .add_extension(x509.SubjectAlternativeName(names_of(())), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _described(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.datetime.now(datetime.UTC)
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
        .public_key(public)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(text: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
