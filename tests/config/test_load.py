"""Loading: what each source may say, and that every complaint comes at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.config.load import ConfigError, load, loads
from trio_srs.config.process import LogFormat, LogLevel
from trio_srs.config.schema import Config
from trio_srs.config.structure import structure
from trio_srs.errors import RefusedError
from trio_srs.hub.settings import BusyPolicy, TimestampMode
from trio_srs.net.address import Address
from trio_srs.secret import Secret
from trio_srs.units import NEVER


def complaints(text: str, **sources: Any) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        loads(text, **sources)
    return {problem.where: problem.message for problem in caught.value.problems}


def test_nothing_given_is_the_default() -> None:
    assert load() == loads("") == Config()


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "srs.toml"
    file.write_text("\ufeff[log]\nlevel = 'debug'\n", "utf-8")
    assert load(file).log.level is LogLevel.DEBUG


def test_every_type_is_read_from_its_own_form() -> None:
    config = loads("""
        [rtmp]
        listen = ["127.0.0.1:0", "unix:/run/srs"]
        chunk_size = 4096
        command_idle_timeout = "never"
        shutdown_grace = 2
        max_message = "1MiB"
        max_connections_per_ip = "off"
        send_buffer = 65536
        tcp_nodelay = false
        tcp_keepalive = "off"
        [rtmps]
        certificate = "c.pem"
        key = "k.pem"
        key_password = "hunter2"
        [log]
        format = "json"
        [stream]
        gop_cache = "off"
        timestamps = "rebase"
    """)
    rtmp, rtmps = config.rtmp, config.rtmps
    assert rtmp.listen == (Address("127.0.0.1", 0), Address(path="/run/srs"))
    assert (rtmp.chunk_size, rtmp.command_idle_timeout, rtmp.shutdown_grace) == (4096, NEVER, 2.0)
    assert (rtmp.max_message, rtmp.max_connections_per_ip, rtmp.send_buffer) == (2**20, None, 65536)
    assert (rtmp.tcp_nodelay, rtmp.tcp_keepalive) == (False, None)
    assert (rtmps.certificate, rtmps.key) == (Path("c.pem"), Path("k.pem"))
    assert rtmps.key_password == Secret("hunter2")
    assert config.log.format is LogFormat.JSON
    assert config.stream.gop_cache is None
    assert config.stream.timestamps is TimestampMode.REBASE


def test_scopes_are_read() -> None:
    config = loads("""
        [app.live]
        gop_cache = "off"
        stream."cam*" = { publish_busy = "replace" }
        [vhost."example.com"]
        aliases = ["www.example.com"]
        enabled = false
        publish_notify = false
        [vhost."example.com".app.live]
        stream."x" = { gop_cache = "1s" }
    """)
    cam = config.settings_for("", "live", "cam1")
    assert (cam.gop_cache, cam.publish_busy) == (None, BusyPolicy.REPLACE)
    assert config.vhost_of("WWW.example.com") == "example.com"
    assert not config.vhost_enabled("example.com")
    there = config.settings_for("example.com", "live", "x")
    assert (there.gop_cache, there.publish_notify) == (1.0, False)


WRONG = {  # one key and value: the complaint
    "rtmp.lisen = []": ("rtmp.lisen", 'unknown key; did you mean "listen"?'),
    "rtpm.listen = []": ("rtpm", 'unknown key; did you mean "rtmp"?'),
    "xyz = 1": ("xyz", "unknown key"),
    "app.live.hls.segmnt = '2s'": (
        "app.live.hls.segmnt",
        'unknown key; did you mean "segment"?',
    ),
    "app.live.hls.max_viewers = 5": (
        "app.live.hls.max_viewers",
        "holds for all streams: it can be given in [hls] alone",
    ),
    "app.live.stream.x.dash.segment = '2h'": (
        "app.live.stream.x.dash.segment",
        "expected 1s to 1m, not 2h",
    ),
    "vhost.v.hls = 5": ("vhost.v.hls", "expected a table of settings, not 5"),
    "vhost.v.app.live.hls.entry_prefix = 'a b'": (
        "vhost.v.app.live.hls",
        'expected the beginning of a URL or nothing, not "a b"',
    ),
    "vhost.v.dash = { low_latency = true, part = 'off' }": (
        "vhost.v.dash",
        'low_latency: segments have no parts: part is "off"',
    ),
    "rtmp = 5": ("rtmp", "expected a table of settings, not 5"),
    "rtmp.listen = ':1935'": ("rtmp.listen", 'expected a list, such as [":1935"], not ":1935"'),
    "rtmp.listen = 1935": ("rtmp.listen", "expected a list, not 1935"),
    "gop_cache = '5s'": ("gop_cache", 'unknown key; did you mean "stream.gop_cache"?'),
    "listen = []": ("listen", "unknown key"),  # there are many
    "rtmp.listen = [5]": ("rtmp.listen[0]", "expected an address in quotes, not 5"),
    "rtmp.chunk_size = '5'": ("rtmp.chunk_size", 'expected a whole number, not "5"'),
    "rtmp.chunk_size = true": ("rtmp.chunk_size", "expected a whole number, not true"),
    "rtmp.chunk_size = 5.0": ("rtmp.chunk_size", "expected a whole number, not 5.0"),
    "rtmp.chunk_size = 5": ("rtmp.chunk_size", "expected 128 to 16777215, not 5"),
    "rtmp.tcp_nodelay = 1": ("rtmp.tcp_nodelay", "expected true or false, not 1"),
    "rtmp.tcp_nodelay = []": ("rtmp.tcp_nodelay", "expected true or false, not a list"),
    "rtmp.read_buffer = '1KiB'": ("rtmp.read_buffer", "expected 4KiB to 16MiB, not 1KiB"),
    "rtmp.backlog = 1979-05-27": ("rtmp.backlog", "expected a whole number, not 1979-05-27"),
    "rtmps.key = ''": (
        "rtmps.key",
        'expected the path of a file, in quotes, not nothing; "off" is allowed too',
    ),
    "log.level = 3": (
        "log.level",
        'expected one of "debug", "info", "warning", "error", not 3',
    ),
    "log.level = 'warn'": (
        "log.level",
        'expected one of "debug", "info", "warning", "error", not "warn"; did you mean "warning"?',
    ),
    "app.live = 5": ("app.live", "expected a table of settings, not 5"),
    "app = []": ("app", "expected a table of settings, not a list"),
    "app.live.settings = {}": ("app.live.settings", "unknown key"),
    "app.live.timestamp = 1": ("app.live.timestamp", 'unknown key; did you mean "timestamps"?'),
    "app.live.log_bytes = '1B'": ("app.live.log_bytes", "expected 64KiB to 16GiB, not 1B"),
    "app.a.stream.'c*'.gop = 1": ('app.a.stream."c*".gop', "unknown key"),
    "app.a.stream.c = 1": ("app.a.stream.c", "expected a table of settings, not 1"),
    "vhost.'a.b'.enable = 1": ('vhost."a.b".enable', 'unknown key; did you mean "enabled"?'),
    "vhost.v.aliases = [1]": ("vhost.v.aliases[0]", "expected text in quotes, not 1"),
    "vhost.v.app.a.gop_cache_records = 0": (
        "vhost.v.app.a.gop_cache_records",
        "expected 1 to 1000000, not 0",
    ),
    "vhost = { a = { aliases = ['b'] }, b = {} }": (
        "configuration",
        "host 'b' is claimed by two virtual hosts, 'a' and 'b'",
    ),
    "rtmps.listen = [':1936']": (
        "rtmps",
        "listen needs certificate and key, or self_signed = true",
    ),
    "rtmps.key_password = { file = 'a', env = 'b' }": (
        "rtmps.key_password",
        'expected text, { file = "/path" } or { env = "VARIABLE" }; "off" is allowed too',
    ),
}


@pytest.mark.parametrize(("text", "complaint"), WRONG.items())
def test_one_mistake_is_one_complaint(text: str, complaint: tuple[str, str]) -> None:
    assert complaints(text) == dict([complaint])


def test_a_bad_quantity_is_answered_with_examples() -> None:
    found = complaints("[stream]\ngop_cache = 'of'\nstalled_timeout = 'soon'\nlog_bytes = 1.5")
    assert '"10s", "350ms"' in found["stream.gop_cache"]
    assert found["stream.gop_cache"].endswith('not "of"; "off" is allowed too')
    assert found["stream.stalled_timeout"].endswith('or "never", not "soon"')
    assert '"64KiB", "32MiB"' in found["stream.log_bytes"]


def test_all_complaints_of_all_sources_come_at_once() -> None:
    found = complaints(
        """
        [rtmp]
        lisen = []
        chunk_size = 1
        backlog = "x"
        listen = ["nowhere", "[::1]:0", 5]
        [rtmps]
        self_signed = true
        certificate = "c"
        [app.live]
        gop_cache_records = 0
        colour = "red"
        [vhost.v.app.live.stream.x]
        publish_notify = "yes"
        [process]
        name = "a b"
        """,
        environ={"TRIO_SRS_RTMP__MAX_AMF_DEPTH": "0", "TRIO_SRS_NONSENSE": "1"},
        overrides=["log.level=loud", "process.die_with_parent=1"],
    )
    assert sorted(found) == [
        "--set log.level",
        "TRIO_SRS_NONSENSE",
        "app.live.colour",
        "app.live.gop_cache_records",
        "process.die_with_parent (--set process.die_with_parent)",
        "process.name",
        "rtmp.backlog",
        "rtmp.chunk_size",
        "rtmp.lisen",
        "rtmp.listen[0]",
        "rtmp.listen[2]",
        "rtmp.max_amf_depth (TRIO_SRS_RTMP__MAX_AMF_DEPTH)",
        "rtmps",
        "vhost.v.app.live.stream.x.publish_notify",
    ]


def test_an_error_reads_one_line_per_problem() -> None:
    with pytest.raises(RefusedError) as caught:
        loads("a = 1\nb = 2")
    assert str(caught.value) == "a: unknown key\nb: unknown key"
    assert caught.value.code == "config_error"


def test_a_syntax_error_has_file_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "srs.toml"
    file.write_text("[rtmp]\nlisten = oops\n")
    with pytest.raises(ConfigError) as caught:
        load(file, overrides=["nonsense"])
    first, second = caught.value.problems
    assert first.where == f"{file}, line 2, column 10"
    assert first.message.startswith("not TOML: Invalid value; text and times stand in quotes: list")
    assert second.where == "--set nonsense"


@pytest.mark.parametrize("value", ["[" * 100_000, "1" * 5000])
def test_what_breaks_the_parser_is_a_complaint_wherever_it_stands(value: str) -> None:
    assert complaints(f"a = {value}")["configuration"].startswith("not TOML: ")
    assert "TRIO_SRS_LOG__LEVEL" in complaints("", environ={"TRIO_SRS_LOG__LEVEL": value})
    assert "--set a" in complaints("", overrides=[f"a = {value}"])


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.toml: cannot be read: No such file or directory"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin").write_bytes(b"a = '\xe9'")
    with pytest.raises(ConfigError, match=r"latin: not UTF-8 text: byte 5 is not"):
        load(tmp_path / "latin")


def test_the_environment_beats_the_file_and_set_beats_both() -> None:
    text = "[rtmp]\nchunk_size = 1000\nbacklog = 1000\nmax_connections = 1000"
    environ = {"TRIO_SRS_RTMP__CHUNK_SIZE": "2000", "TRIO_SRS_RTMP__BACKLOG": "2000", "HOME": "/"}
    overrides = ["rtmp.chunk_size=3000", "rtmp.chunk_size = 4000"]
    rtmp = loads(text, environ=environ, overrides=overrides).rtmp
    assert (rtmp.max_connections, rtmp.backlog, rtmp.chunk_size) == (1000, 2000, 4000)


def test_a_variable_may_hold_a_list() -> None:
    config = loads("", environ={"TRIO_SRS_RTMP__LISTEN": '["127.0.0.1:0", "[::1]:0"]'})
    assert config.rtmp.listen == (Address("127.0.0.1", 0), Address("::1", 0))


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        (
            "TRIO_SRS_LOG__LEVEL",
            "debug",
            "expected a TOML value, such as TRIO_SRS_LOG__LEVEL='\"info\"': "
            "text has quotes of its own within those of the shell",
        ),
        (
            "TRIO_SRS_RTMP__LISTEN",
            "[]\nchunk_size = 5",
            "expected a TOML value, such as TRIO_SRS_RTMP__LISTEN='[\":1935\"]': "
            "text has quotes of its own within those of the shell",
        ),
        (
            "TRIO_SRS_RTMP_LISTEN",
            "[]",
            'no such setting; did you mean "TRIO_SRS_RTMP__LISTEN"?',
        ),
        ("TRIO_SRS_VHOST__EXAMPLE_COM", "{}", "no such setting"),
        ("TRIO_SRS_XYZ", "1", "no such setting"),
    ],
)
def test_a_variable_that_is_no_setting_is_refused(
    variable: str, value: str, complaint: str
) -> None:
    assert complaints("", environ={variable: value}) == {variable: complaint}


def test_variables_the_tools_use_are_left_alone() -> None:
    ours = {"TRIO_SRS_URL": "rtmp://127.0.0.1:1/live/x", "TRIO_SRS_ENGINES": "skip"}
    assert loads("", environ=ours) == Config()


def test_set_reaches_every_scope() -> None:
    config = loads(
        "",
        overrides=[
            'vhost."a.b".app.live.stream."c*".gop_cache="off"',
            "app.live={ publish_notify = false }",
        ],
    )
    settings = config.settings_for("a.b", "live", "cam")
    assert (settings.gop_cache, settings.publish_notify) == (None, False)


def test_set_replaces_what_is_no_table() -> None:
    assert loads("rtmp = 5", overrides=["rtmp.chunk_size=4096"]).rtmp.chunk_size == 4096


@pytest.mark.parametrize("option", ["", "rtmp", "rtmp.chunk_size", "[rtmp]", "a=1\nb=2", "# x=1"])
def test_set_takes_one_key_and_its_value(option: str) -> None:
    [message] = complaints("", overrides=[option]).values()
    assert message.startswith("expected key=value, the value in TOML, such as --set 'rtmp.listen=")


def test_a_secret_comes_from_a_file_a_variable_or_the_text(tmp_path: Path) -> None:
    (tmp_path / "pass").write_text("hunter2\n")
    for value, secret in (
        ('"hunter2"', Secret("hunter2")),
        (f"{{ file = '{tmp_path}/pass' }}", Secret("hunter2", ("file", f"{tmp_path}/pass"))),
        ('{ env = "PASS" }', Secret("hunter2", ("env", "PASS"))),
    ):
        config = loads(
            f"[rtmps]\nkey_password = {value}\ncertificate = 'c'\nkey = 'k'",
            environ={"PASS": "hunter2"},
        )
        assert config.rtmps.key_password == secret


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("{ file = 'FILE' }", "the secret's file FILE cannot be read: No such file or directory"),
        ("{ file = 'LATIN' }", "the secret's file LATIN cannot be read: not UTF-8 text"),
        ("{ env = 'UNSET' }", "the secret's variable UNSET is not set"),
        ("{ env = 5 }", 'expected text, { file = "/path" } or { env = "VARIABLE" }'),
    ],
)
def test_a_secret_that_is_not_there_is_a_complaint(
    value: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("LATIN").write_bytes(b"\xff\n")
    found = complaints("", overrides=[f"rtmps.key_password={value}"])
    [message] = found.values()
    assert message.startswith(complaint)


def test_set_replaces_a_secret_s_source_instead_of_adding_to_it() -> None:
    text = "[rtmps]\ncertificate = 'c'\nkey = 'k'\nkey_password = { file = '/nowhere' }"
    config = loads(text, environ={"P": "x"}, overrides=["rtmps.key_password={ env = 'P' }"])
    assert config.rtmps.key_password == Secret("x", ("env", "P"))
    config = loads(text, environ={"P": "x"}, overrides=["rtmps.key_password.env = 'P'"])
    assert config.rtmps.key_password == Secret("x", ("env", "P"))


def test_no_complaint_shows_a_secret() -> None:
    found = complaints("", overrides=["rtmps.key_password='hunter2'", "rtmps.key_password=hunter2"])
    assert sorted(found) == ["--set rtmps.key_password", "rtmps"]
    assert "hunter2" not in str(found)


class Broken(dict[str, str]):
    """An environment with a bug in it."""

    def __contains__(self, name: object) -> bool:
        raise TypeError(f"a bug met {name}")


def test_a_bug_of_ours_is_not_blamed_on_the_file() -> None:
    with pytest.raises(TypeError, match="a bug met PASS"):
        structure({"rtmps": {"key_password": {"env": "PASS"}}}, Broken())


def test_loading_imports_nothing_heavy() -> None:
    script = "import sys, trio_srs.config.load; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"trio", "ssl", "asyncio", "structlog", "rich", "cryptography"}
    assert not heavy & set(modules)


@pytest.mark.property
@given(
    st.dictionaries(
        st.sampled_from(["rtmp", "rtmps", "stream", "app", "vhost", "log", "process", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "listen",
                            "key",
                            "key_password",
                            "live",
                            "stream",
                            "gop_cache",
                            "app",
                            "a.b",
                        ]
                    ),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=8,
        ),
    )
)
def test_any_tables_are_a_configuration_or_complaints(raw: dict[str, Any]) -> None:
    made = structure(raw, {})
    assert isinstance(made, Config) or made


@pytest.mark.property
@given(st.text(max_size=40))
def test_any_text_is_a_configuration_or_an_error(text: str) -> None:
    cases: list[dict[str, Any]] = [
        {"text": text},
        {"text": "", "overrides": [text]},
        {"text": "", "environ": {"TRIO_SRS_LOG__LEVEL": text}},
    ]
    for sources in cases:
        try:
            config = loads(**sources)
        except ConfigError as exc:
            assert exc.problems  # noqa: PT017 - both outcomes are lawful
        else:
            assert isinstance(config, Config)
