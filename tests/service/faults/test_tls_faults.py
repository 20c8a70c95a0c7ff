"""TLS that goes wrong on purpose, as a client of OpenSSL sees it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import pytest
import trio
from cryptography import x509

from trio_srs.config.layers import layered
from trio_srs.net.dial import DialError, dial
from trio_srs.server.run import serve
from trio_srs.testing.child.serving import FOR_TESTS
from trio_srs.wire.url import RtmpUrl

pytestmark = pytest.mark.interop


@pytest.mark.trio(run=trio.run)
async def test_an_alert_comes_and_then_a_certificate_that_is_over() -> None:
    config = layered(FOR_TESTS, {"rtmps": {"listen": ["127.0.0.1:0"], "self_signed": True}})
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    async with serve(config) as server:
        url = RtmpUrl.parse(server.rtmps_url("live/a"))
        alert = server.add_fault("alert tls alert=internal_error nth=1")
        expired = server.add_fault("expired tls nth=2")
        with pytest.raises(DialError, match=r"(?i)internal.error"):
            await dial(url.host, url.port, timeout=5, tls=client)
        where = (url.host, url.port)
        ends = [
            x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
            for pem in [
                await trio.to_thread.run_sync(ssl.get_server_certificate, where) for _ in range(2)
            ]
        ]
        now = datetime.now(UTC)
        assert ends[0] < now < ends[1]
        assert (alert.taken, expired.taken) == (1, 1)
