"""What a service listens on inside TLS, and the certificate for it. Floor 2."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import attrs

from trio_srs.net.address import Address
from trio_srs.secret import Secret

__all__ = ["TlsConfig"]

_RESTART: Final = {"live": False}


@attrs.frozen(kw_only=True)
class TlsConfig:
    """A protocol inside TLS; off until `listen` names an address."""

    listen: tuple[Address, ...] = attrs.field(default=(), metadata=_RESTART)
    """Where to listen, in the forms of `rtmp.listen`. `[]` is off."""
    certificate: Path | None = attrs.field(default=None, metadata=_RESTART)
    """A PEM file: the server's certificate, then the intermediate ones. Needs `key`. Both files
    are read again at each reload, for connections that begin after it."""
    key: Path | None = attrs.field(default=None, metadata=_RESTART)
    """A PEM file: the certificate's private key."""
    key_password: Secret | None = attrs.field(default=None, metadata=_RESTART)
    """The passphrase of `key`, if it has one: text, `{ file = "/path" }` or
    `{ env = "VARIABLE" }`."""
    self_signed: bool = attrs.field(default=False, metadata=_RESTART)
    """Make a certificate at every start that nobody trusts: for tests only."""

    def __attrs_post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            given, lacking = ("certificate", "key") if self.key is None else ("key", "certificate")
            raise ValueError(f"{given} is given without {lacking}: TLS needs both")
        if self.self_signed and self.certificate is not None:
            raise ValueError("self_signed and certificate are both given: choose one")
        if self.key_password is not None and self.key is None:
            raise ValueError("key_password is given without key")
        if self.listen and not self.self_signed and self.certificate is None:
            raise ValueError("listen needs certificate and key, or self_signed = true")
