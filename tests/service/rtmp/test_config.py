"""The [rtmp] and [rtmps] sections: ranges, and the rules between keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from trio_srs.net.address import Address
from trio_srs.secret import Secret
from trio_srs.service.rtmp.config import RtmpConfig, RtmpsConfig

SOMEWHERE = (Address("", 1936),)
PAIR: dict[str, Any] = {"certificate": Path("c.pem"), "key": Path("k.pem")}


def test_rtmp_listens_on_every_address_and_rtmps_nowhere() -> None:
    assert RtmpConfig().listen == (Address("", 1935),)
    assert RtmpsConfig().listen == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("backlog", 0),
        ("chunk_size", 127),
        ("chunk_size", 16_777_216),
        ("window_ack_size", 100),
        ("peer_bandwidth", 100),
        ("handshake_timeout", 0.0),
        ("connect_timeout", 0.0),
        ("command_idle_timeout", 0.0),
        ("ping_after", 0.0),
        ("shutdown_grace", 3601.0),
        ("close_timeout", 61.0),
        ("max_connections", 0),
        ("max_connections_per_ip", 0),
        ("max_message", 16_777_216),
        ("max_half_read", 2**31),
        ("max_chunk_streams", 65_599),
        ("max_message_streams", 0),
        ("max_commands_per_second", 0),
        ("max_amf_depth", 0),
        ("max_amf_values", 0),
        ("read_buffer", 100),
        ("send_buffer", 100),
        ("notsent_lowat", 100),
        ("tcp_keepalive", 0.5),
    ],
)
def test_a_value_out_of_range_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected .* not "):
        attrs.evolve(RtmpConfig(), **{key: value})


def test_a_message_of_full_length_must_fit_into_what_may_be_half_read() -> None:
    changes: dict[str, Any] = {"max_message": 2**20, "max_half_read": 2**20}
    assert attrs.evolve(RtmpConfig(), **changes).max_half_read == 2**20
    with pytest.raises(ValueError, match=r"max_half_read \(1048575 bytes\) is less than max_mess"):
        attrs.evolve(RtmpConfig(), **(changes | {"max_half_read": 2**20 - 1}))


@pytest.mark.parametrize("given", [PAIR, {"self_signed": True}])
def test_rtmps_listens_with_a_certificate_of_either_kind(given: dict[str, Any]) -> None:
    assert RtmpsConfig(listen=SOMEWHERE, **given).listen == SOMEWHERE


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"listen": SOMEWHERE}, "listen needs certificate and key, or self_signed = true"),
        ({"certificate": Path("c")}, "certificate is given without key"),
        ({"key": Path("k")}, "key is given without certificate"),
        ({**PAIR, "self_signed": True}, "self_signed and certificate are both given"),
        ({"key_password": Secret("x")}, "key_password is given without key"),
    ],
)
def test_rtmps_refuses_half_of_an_identity(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        RtmpsConfig(**given)
