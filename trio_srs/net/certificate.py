"""TLS contexts for servers: from files, or made up on the spot for tests. Floor 2."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from trio_srs.errors import RefusedError
from trio_srs.net.tls_config import TlsConfig

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["TlsConfigError", "names_of", "self_signed_context", "server_context", "tls_context"]

_ALWAYS_NAMED: Final = ("localhost", "127.0.0.1", "::1")
_LIFETIME: Final = datetime.timedelta(days=365)
_CLOCK_SKEW: Final = datetime.timedelta(days=1)


class TlsConfigError(RefusedError):
    """A certificate or key cannot be used. The text names the file and the reason."""

    code = "tls_config_error"


def server_context(certificate: str, key: str, password: str | None = None) -> ssl.SSLContext:
    """Make a server's context from PEM files: a certificate (with its chain) and its key.

    Speaks TLS 1.2 and later. Reads the files: call it before serving, or in a thread.

    Raises:
        TlsConfigError: a file cannot be read or holds something else, the key is another
            certificate's, or the password is missing or wrong.
    """
    for what, path in (("certificate", certificate), ("key", key)):
        _check_pem(what, path)
    context = _bare_context()
    # An empty answer makes OpenSSL fail; with no answer at all it would ask on the terminal.
    try:
        context.load_cert_chain(certificate, key, lambda: password or "")
    except (ssl.SSLError, ValueError) as error:
        raise TlsConfigError(_why(certificate, key, password, error)) from error
    return context


def _bare_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


def _check_pem(what: str, path: str) -> None:
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        raise TlsConfigError(f"cannot read TLS {what} {path}: {error.strerror}") from error
    if b"-----BEGIN " not in text:
        raise TlsConfigError(f"TLS {what} {path} is not in PEM format: no BEGIN line in it")


def _why(certificate: str, key: str, password: str | None, error: Exception) -> str:
    """Which file is to blame; OpenSSL says of most faults no more than "PEM lib"."""
    reason = getattr(error, "reason", None)
    if reason == "KEY_VALUES_MISMATCH":
        return f"TLS key {key} does not belong to the certificate {certificate}"
    if not _holds_certificate(certificate):
        return f"TLS certificate {certificate} is damaged, or not a certificate"
    if isinstance(error, ssl.SSLError) and reason is None:
        if _is_encrypted(key):
            how = "is wrong" if password else "is missing"
            return f"cannot use TLS key {key}: it is encrypted and the password {how}"
        return f"TLS key {key} is damaged, or not a private key"
    said = reason.replace("_", " ").lower() if reason else str(error)
    return f"cannot use TLS certificate {certificate} with key {key}: {said}"


def _holds_certificate(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return False
    return True


def _is_encrypted(key: str) -> bool:
    with open(key, "rb") as file:
        return b"ENCRYPTED" in file.read()


def self_signed_context(
    names: Sequence[str] = (), lifetime: datetime.timedelta = _LIFETIME
) -> ssl.SSLContext:
    """Make a server's context with a new key and a certificate nobody has signed.

    The certificate is good for a year, or another ``lifetime`` from now, and for ``names`` (host
    names and IP addresses), ``localhost``, ``127.0.0.1`` and ``::1``. Nothing of the key stays on
    disk.
    """
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _describe(names, lifetime).public_key(key.public_key()).sign(key, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return _context_from_memory(pem)


def _describe(names: Sequence[str], lifetime: datetime.timedelta) -> x509.CertificateBuilder:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    alternatives = names_of(names)
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trio-srs self-signed")])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(title)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + lifetime) - _CLOCK_SKEW)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )


def names_of(names: Sequence[str]) -> list[x509.GeneralName]:
    """What a certificate is good for: these, and what this machine is called by itself."""
    return [_general_name(name) for name in dict.fromkeys([*names, *_ALWAYS_NAMED])]


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _context_from_memory(pem: bytes) -> ssl.SSLContext:
    """OpenSSL reads only files: lend it one that nobody else can open, for that long."""
    context = _bare_context()
    descriptor, path = tempfile.mkstemp(suffix=".pem")  # mode 0600
    try:
        with open(descriptor, "wb") as file:
            file.write(pem)
        context.load_cert_chain(path)
    finally:
        os.unlink(path)
    return context


def tls_context(config: TlsConfig, *, has_tickets: bool = True) -> ssl.SSLContext | None:
    """The certificate to serve with, or None where nothing is listened to.

    Args:
        has_tickets: whether clients are sent tickets, by which they resume a session of TLS 1.3.

    Raises:
        TlsConfigError: the files cannot be used.
    """
    if not config.listen:
        return None
    if config.certificate is None or config.key is None:
        context = self_signed_context()
    else:
        password = config.key_password.value if config.key_password else None
        context = server_context(str(config.certificate), str(config.key), password)
    if not has_tickets:
        context.num_tickets = 0
    return context
