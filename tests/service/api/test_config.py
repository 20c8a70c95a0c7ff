"""The [api] section: what it refuses, and how it says so."""

from __future__ import annotations

import pytest

from trio_srs.config.load import ConfigError, loads
from trio_srs.config.schema import Config
from trio_srs.service.api.config import ApiConfig

BAD = {
    "token = 'a b'": "visible ASCII",
    "token = ''": "visible ASCII",
    "token = 'geheimö'": "visible ASCII",
    "cors_origins = ['example.com']": 'not "example.com"',
    "cors_origins = ['https://example.com/']": 'not "https://example.com/"',
    "cors_origins = ['*', 'https://*.com']": 'not "https://*.com"',
    "max_connections = 0": "1 to 1000000",
    "listen = ['1985']": "expected an address",
}


def test_the_api_is_off_by_default() -> None:
    assert Config().api == ApiConfig()
    assert ApiConfig().listen == ()


def test_a_section_is_read() -> None:
    config = loads(
        """
        [api]
        listen = ["127.0.0.1:1985", "unix:/run/api"]
        token = "abc-123"
        cors_origins = ["https://example.com", "http://[::1]:8000", "*"]
        """
    ).api
    assert [str(address) for address in config.listen] == ["127.0.0.1:1985", "unix:/run/api"]
    assert config.token is not None
    assert config.token.value == "abc-123"
    assert config.cors_origins[1] == "http://[::1]:8000"


@pytest.mark.parametrize(("text", "said"), BAD.items())
def test_a_bad_key_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loads(f"[api]\n{text}")
    [problem] = refused.value.problems
    assert said in str(problem)
    assert text.partition(" ")[0] in str(problem)


def test_a_bad_token_is_not_shown() -> None:
    with pytest.raises(ConfigError) as refused:
        loads("[api]\ntoken = 'my secret'")
    assert "my secret" not in str(refused.value)
