"""Signed URLs: who has the key lets somebody publish or play one stream, until a time. Floor 2, and
pure.

The parameters ``expires`` (Unix time), ``sign``, and ``ip`` if it is for one address only, stand
beside whatever else the URL says.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from trio_srs.hub.access_rule import Permission
from trio_srs.hub.gate import AccessRequest

__all__ = ["signature_fault", "signed_parameters"]

_MOST_DIGITS: Final = 12


def signed_parameters(
    key: str, permission: Permission, vhost: str, path: str, expires: int, ip: str = ""
) -> dict[str, str]:
    """The parameters that sign the URL of a stream.

    Args:
        vhost: the configured virtual host.
        path: ``app/name``.
        expires: Unix time, in seconds.
        ip: the only address that it is for; empty for any.
    """
    bound = {"ip": ip} if ip else {}
    sign = _sign(key, permission, vhost, path, str(expires), ip)
    return {"expires": str(expires), **bound, "sign": sign}


def signature_fault(
    keys: Sequence[str], permission: Permission, request: AccessRequest, unix_now: float
) -> str:
    """What is wrong with the signature of a request, in words; empty if it is right.

    Any of the keys will do, so that a new one can be brought in beside the old one.
    """
    params = request.params
    sign, expires, ip = (params.get(name, "") for name in ("sign", "expires", "ip"))
    if not sign:
        return "its URL is not signed"
    path = f"{request.app}/{request.name}"
    expected = [_sign(key, permission, request.vhost, path, expires, ip) for key in keys]
    # All of them, whichever is right: how long it takes says nothing.
    said = sign.encode(errors="surrogatepass")
    is_right = [hmac.compare_digest(each.encode(), said) for each in expected]
    if not any(is_right):
        return "the signature of its URL is not right"
    if not (expires.isascii() and expires.isdigit() and len(expires) <= _MOST_DIGITS):
        return "the signature of its URL is not right"
    if unix_now >= int(expires):
        return "its URL has expired"
    if ip and ip != request.peer.rpartition(":")[0].strip("[]"):
        return "its URL is for another address"
    return ""


def _sign(key: str, permission: Permission, vhost: str, path: str, expires: str, ip: str) -> str:
    said = "\n".join((permission, vhost, path, expires, ip)).encode(errors="surrogatepass")
    return hmac.new(key.encode(), said, hashlib.sha256).hexdigest()
