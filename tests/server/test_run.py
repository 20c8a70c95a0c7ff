"""A server in one's own process: start, reload, stop, and ten at once."""

from __future__ import annotations

import contextlib
import ssl
import time
from functools import partial
from pathlib import Path

import attrs
import pytest
import trio
import trustme
from trio.testing import wait_all_tasks_blocked

from trio_srs.config.load import loads
from trio_srs.config.process import ProcessConfig
from trio_srs.config.schema import Config
from trio_srs.config.vhost_scope import VhostConfig
from trio_srs.errors import EndReason
from trio_srs.hub.bus import Event, SessionBegan, SessionEnded
from trio_srs.hub.gate import AccessRequest, AllowAll
from trio_srs.hub.history import HistoryConfig
from trio_srs.hub.ids import ProcessName
from trio_srs.hub.waiting import Until, UntilError, WaitTimeoutError
from trio_srs.net.address import Address
from trio_srs.net.certificate import TlsConfigError
from trio_srs.net.dial import DialError
from trio_srs.net.listen import ListenError
from trio_srs.server.build import Rulebook, build
from trio_srs.server.run import Server, serve, serve_forever
from trio_srs.service.hooks.config import HookTargets
from trio_srs.service.rtmp.config import RtmpConfig, RtmpsConfig
from trio_srs.service.rtmp.server import RtmpService
from trio_srs.testing.bodies import inter, key
from trio_srs.testing.peer import Peer
from trio_srs.units import Bytes, Seconds
from trio_srs.wire.url import DEFAULT_VHOST, StreamNameError

LOOPBACK = Address("127.0.0.1", 0)
CONFIG = Config(rtmp=RtmpConfig(listen=(LOOPBACK,)))
STARTED = "NetStream.Publish.Start"


def port_of(server: Server, protocol: str = "rtmp") -> int:
    return int(server.addresses[protocol][0].rpartition(":")[2])


async def dial(server: Server) -> Peer:
    return await Peer.connect_tcp("127.0.0.1", port_of(server))


async def publisher_and_player(server: Server) -> tuple[Peer, Peer]:
    publisher, player = await dial(server), await dial(server)
    assert await publisher.publish("a") == STARTED
    assert await player.play("a") == "NetStream.Play.Start"
    return publisher, player


# --------------------------------------------------------------------- serving


async def test_a_server_is_ready_when_the_block_begins() -> None:
    async with serve(CONFIG) as server:
        publisher, player = await publisher_and_player(server)
        await publisher.say(key(0))
        assert (await player.hear_media(2))[1] == key(0)
        assert [live.name for live in server.hub] == ["live/a"]
        assert len(server.registry) == 2
        assert server.ready["rtmp"] == [f"rtmp://127.0.0.1:{port_of(server)}"]
        assert server.rtmp_url("live/a") == f"rtmp://127.0.0.1:{port_of(server)}/live/a"
    with pytest.raises(DialError, match="refused"):
        await dial(server)
    for peer in (publisher, player):
        assert "NetConnection.Connect.AppShutdown" in str(await peer.hear_end())
        peer.close()


async def test_a_server_can_be_started_in_a_nursery() -> None:
    async with trio.open_nursery() as nursery:
        server: Server = await nursery.start(serve_forever, CONFIG)
        async with await dial(server) as peer:
            assert await peer.publish("a") == STARTED
        await server.stop()
    assert server.stopped


async def test_ten_servers_do_not_know_of_each_other() -> None:
    async with trio.open_nursery() as nursery:
        servers: list[Server] = [await nursery.start(serve_forever, CONFIG) for _ in range(10)]
        assert len({server.rtmp_url() for server in servers}) == 10
        peers = []
        for server in servers:
            peers.append(await dial(server))
            assert await peers[-1].publish("a") == STARTED
        await servers[0].stop()
        for server, peer in zip(servers[1:], peers[1:], strict=True):
            assert len(server.hub) == 1
            await peer.say(key(0))
            await peer.call("getStreamLength", None, "a")
        for peer in peers:
            peer.close()
        for server in servers:
            await server.stop()


async def test_it_listens_on_ipv4_ipv6_and_unix_sockets(tmp_path: Path) -> None:
    listen = ("127.0.0.1:0", "[::1]:0", f"unix:{tmp_path}/s", ":0")
    config = Config(rtmp=RtmpConfig(listen=tuple(map(Address.parse, listen))))
    async with serve(config) as server:
        v4, v6, unix, anywhere = server.addresses["rtmp"]
        assert v4.startswith("rtmp://127.0.0.1:")
        assert v6.startswith("rtmp://[::1]:")
        assert unix == f"unix:{tmp_path}/s"
        assert anywhere.startswith("rtmp://127.0.0.1:")  # one that can be dialled
        for url, host in ((v4, "127.0.0.1"), (v6, "::1"), (anywhere, "127.0.0.1")):
            async with await Peer.connect_tcp(host, int(url.rpartition(":")[2])) as peer:
                await peer.connect()
        with pytest.raises(LookupError, match="does not listen for rtmps"):
            server.rtmps_url("live/a")


async def test_rtmps_with_a_certificate_from_files(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    chain, private = tmp_path / "chain.pem", tmp_path / "key.pem"
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(str(chain), append=True)
    certificate.private_key_pem.write_to_path(str(private))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    secure = RtmpsConfig(listen=(LOOPBACK,), certificate=chain, key=private)
    async with serve(attrs.evolve(CONFIG, rtmps=secure)) as server:
        port = port_of(server, "rtmps")
        assert server.rtmps_url("live/a") == f"rtmps://127.0.0.1:{port}/live/a"
        async with await Peer.connect_tcp("127.0.0.1", port, tls=context) as peer:
            assert await peer.publish("a") == STARTED


STRANGERS = {  # protocol of the port, what is said: who that is
    ("rtmp", b"GET /live/cam1?token=1 HTTP/1.1\r\n\r\n"): (
        "an HTTP client connected to the RTMP port: GET /live/cam1 ("
    ),
    ("rtmp", b"OPTIONS rtsp://h/live RTSP/1.0\r\n\r\n"): (
        "an RTSP client connected to the RTMP port: OPTIONS /live ("
    ),
    ("rtmp", b"\x16\x03\x01\x00\x05"): "a TLS client connected to the RTMP port; that is for",
    ("rtmps", b"\x03" + bytes(1536)): (
        "an RTMP client without TLS connected to the RTMPS port; it has to say rtmps://"
    ),
    ("rtmps", b"GET /live/cam1 HTTP/1.1\r\n\r\n"): (
        "an HTTP client connected to the RTMPS port: GET /live/cam1 ("
    ),
}


@pytest.mark.parametrize(("said", "who"), STRANGERS.items(), ids=lambda it: repr(it)[:40])
async def test_who_speaks_something_else_is_named_to_whoever_waits(
    said: tuple[str, bytes], who: str
) -> None:
    protocol, first = said
    secure = RtmpsConfig(listen=(LOOPBACK,), self_signed=True)
    async with serve(attrs.evolve(CONFIG, rtmps=secure)) as server:
        async with await trio.open_tcp_stream("127.0.0.1", port_of(server, protocol)) as stream:
            await stream.send_all(first)
            with contextlib.suppress(trio.BrokenResourceError):
                while await stream.receive_some():
                    pass
        with pytest.raises(WaitTimeoutError) as late:
            await server.wait_for("live/cam1", timeout_s=0.05)
        assert f"127.0.0.1: {who}" in str(late.value)
        [session] = server.sessions()
        assert who in session.end_detail


async def test_rtmps_with_a_certificate_of_its_own() -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    secure = RtmpsConfig(listen=(LOOPBACK,), self_signed=True)
    async with serve(attrs.evolve(CONFIG, rtmps=secure)) as server:
        port = port_of(server, "rtmps")
        async with await Peer.connect_tcp("127.0.0.1", port, tls=context) as peer:
            assert await peer.publish("a") == STARTED


async def test_a_certificate_that_is_not_there_is_said_before_anything_is_open(
    tmp_path: Path,
) -> None:
    secure = RtmpsConfig(
        listen=(LOOPBACK,), certificate=tmp_path / "no.pem", key=tmp_path / "no.key"
    )
    with pytest.raises(TlsConfigError, match=r"no\.pem"):
        async with serve(attrs.evolve(CONFIG, rtmps=secure)):
            pass


async def test_one_address_that_is_taken_closes_the_others_too() -> None:
    async with serve(CONFIG) as first:
        taken = Address("127.0.0.1", port_of(first))
        config = Config(rtmp=RtmpConfig(listen=(LOOPBACK, taken)))
        with pytest.raises(ListenError, match=f"cannot listen on {taken}"):
            async with serve(config):
                pass


# --------------------------------------------------------------------- stopping


async def test_it_can_be_stopped_inside_the_block_and_again_outside() -> None:
    async with serve(CONFIG) as server:
        async with await dial(server) as peer:
            await peer.publish("a")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(server.stop)
                assert "AppShutdown" in str(await peer.hear_end())
                peer.close()
        assert server.stopping
        assert server.stopped
        await server.stop()
    await server.stop()
    await server.wait_stopped()


async def test_leaving_the_block_ends_a_server_that_was_finishing() -> None:
    async with trio.open_nursery() as nursery:
        async with serve(CONFIG) as server:
            peer = await dial(server)
            await peer.publish("a")
            nursery.start_soon(server.finish)
            await wait_all_tasks_blocked()
            assert not server.stopped
            peer.close()
        assert server.stopped


async def test_finishing_ends_with_the_last_session() -> None:
    async with trio.open_nursery() as nursery:
        server: Server = await nursery.start(serve_forever, CONFIG)
        publisher, player = await publisher_and_player(server)
        nursery.start_soon(server.finish)
        await wait_all_tasks_blocked()
        with pytest.raises(DialError, match="refused"):
            await dial(server)
        await publisher.say(key(0), inter(40))
        assert (await player.hear_media(3))[1:] == [key(0), inter(40)]
        publisher.close()
        await wait_all_tasks_blocked()
        assert not server.stopped
        player.close()
    assert server.stopped


async def test_a_server_without_a_grace_is_gone_at_once() -> None:
    config = Config(rtmp=RtmpConfig(listen=(LOOPBACK,), shutdown_grace=Seconds(0.0)))
    peers = []
    async with serve(config) as server:
        peers += [await dial(server) for _ in range(5)]
        for n, peer in enumerate(peers):
            assert await peer.publish(str(n)) == STARTED
        before = trio.current_time()
    assert trio.current_time() - before < 0.5
    for peer in peers:
        peer.close()


async def test_what_the_block_raises_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError, match="mine"):
        async with serve(CONFIG):
            raise KeyError("mine")
    with pytest.raises(ExceptionGroup) as caught:
        async with serve(CONFIG), trio.open_nursery():
            raise KeyError("mine")
    assert caught.group_contains(KeyError, depth=1)


async def test_a_failing_block_ends_the_sessions_at_once() -> None:
    ended: list[str] = []

    def note(event: Event) -> None:
        if isinstance(event, SessionEnded):
            ended.append(event.reason)

    async def fail() -> None:
        async with serve(CONFIG) as server:
            listeners.enter_context(server.bus.listening(note))
            async with await dial(server) as peer:
                await peer.publish("a")
                raise KeyError("mine")

    with contextlib.ExitStack() as listeners, pytest.raises(KeyError):
        await fail()
    assert ended == ["shutdown"]


async def test_cancelling_the_block_ends_the_server_at_once() -> None:
    with trio.move_on_after(5) as scope:
        async with serve(CONFIG) as server:
            peer = await dial(server)
            await peer.publish("a")
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught
    with pytest.raises(DialError, match="refused"):
        await dial(server)
    peer.close()


async def test_the_gate_of_the_caller_is_asked() -> None:
    asked: list[AccessRequest] = []

    class Curious(AllowAll):
        async def publish(self, asked_: AccessRequest) -> None:
            asked.append(asked_)

    async with serve(CONFIG, gate=Curious()) as server, await dial(server) as peer:
        await peer.publish("a?token=1")
    assert [(each.name, each.params) for each in asked] == [("a", {"token": "1"})]


# ----------------------------------------------------------------------- reload


async def test_a_reload_takes_over_what_it_can_and_names_the_rest() -> None:
    new = loads(
        """
        [rtmp]
        listen = ["127.0.0.1:1"]
        chunk_size = 4096
        read_buffer = "8KiB"
        [log]
        format = "human"
        level = "debug"
        [stream]
        publish_busy = "replace"
        """
    )
    async with serve(CONFIG) as server:
        old = await dial(server)
        await old.publish("a")
        changes = {change.path: change.live for change in server.reload(new)}
        assert changes == {
            "rtmp.listen": False,
            "rtmp.chunk_size": True,
            "rtmp.read_buffer": True,
            "log.format": False,
            "log.level": True,
            "stream.publish_busy": True,
        }
        assert server.config.rtmp.listen == (LOOPBACK,)
        assert server.config.rtmp.chunk_size == 4096
        assert [c.path for c in server.reload(new)] == ["rtmp.listen", "log.format"]
        assert old.reader.chunk_size == 60_000
        async with await dial(server) as peer:  # the address is the old one
            assert await peer.publish("a") == STARTED  # and the policy is not
            assert peer.reader.chunk_size == 4096
            assert "replaced" in str(await old.hear_end())
            old.close()


async def test_the_urls_of_a_virtual_host_wait_for_a_restart_and_its_settings_do_not() -> None:
    targets = HookTargets(on_play=("http://127.0.0.1:9/",))
    vhosts = {"a": VhostConfig(hooks=targets, settings={"publish_notify": False})}
    new = attrs.evolve(CONFIG, vhost={**vhosts, "b": VhostConfig(hooks=targets)})
    async with serve(CONFIG) as server:
        changes = {change.path: change.live for change in server.reload(new)}
        assert changes["vhost.a.hooks.on_play"] is False
        assert changes["vhost.a.publish_notify"] is True
        assert not server.config.hook_platforms.is_used
        assert server.config.vhost["a"].settings == {"publish_notify": False}
        assert "vhost.b.hooks.on_play" in {change.path for change in server.reload(new)}


async def test_a_reload_back_to_the_old_changes_nothing() -> None:
    async with serve(CONFIG) as server:
        assert server.reload(CONFIG) == []
        assert server.config == CONFIG


# ------------------------------------------------------------------------ build


def test_the_rulebook_says_what_the_configuration_says() -> None:
    config = loads(
        """
        [app.live]
        publish_busy = "replace"
        [vhost."example.com"]
        enabled = false
        aliases = ["www.example.com"]
        """
    )
    rules = Rulebook(config)
    assert rules.vhost_of("www.example.com") == "example.com"
    assert rules.vhost_of("elsewhere") == DEFAULT_VHOST
    assert not rules.vhost_enabled("example.com")
    assert rules.vhost_enabled(DEFAULT_VHOST)
    assert rules.settings_for(DEFAULT_VHOST, "live", "a").publish_busy == "replace"
    assert rules.settings_for(DEFAULT_VHOST, "other", "a").publish_busy == "reject"


def test_building_opens_nothing() -> None:
    built = build(attrs.evolve(CONFIG, rtmp=RtmpConfig(read_buffer=Bytes(8192))))
    _, rtmp = built.services  # and captures, which the API can ask for
    protocols = ("rtmp", "rtmps", "http", "https", "api")
    assert rtmp.urls == {"rtmp": [], "rtmps": []}
    assert built.parts.addresses() == {each: [] for each in protocols}
    assert isinstance(rtmp, RtmpService)
    assert len(rtmp.context.buffer) == 8192


async def test_sessions_are_told_on_the_bus_of_their_server() -> None:
    async with serve(CONFIG) as one, serve(CONFIG) as other:
        told: list[object] = []
        with other.bus.listening(told.append):
            async with await dial(one) as peer:
                await peer.connect()
            assert not told
            async with await dial(other) as peer:
                await peer.connect()
        assert isinstance(told[0], SessionBegan)


async def test_the_ids_of_servers_with_names_tell_them_apart(
    caplog: pytest.LogCaptureFixture,
) -> None:
    named = [attrs.evolve(CONFIG, process=ProcessConfig(name=ProcessName(it))) for it in "ab"]
    with caplog.at_level("INFO", "trio_srs.session"):
        async with serve(named[0]) as one, serve(named[1]) as other, serve(CONFIG) as nameless:
            servers = (one, other, nameless)
            for server in servers:
                async with await dial(server) as peer:
                    await peer.publish("a")
            found = [server.sessions()[0].id for server in servers]
            assert found == ["a-c1", "b-c1", "c1"]
            reports = [server.reports.find("live/a") for server in servers]
            assert [report.session for report in reports if report] == found
            assert [server.journal.id_of(3) for server in servers] == ["a-3", "b-3", "3"]
    logged = {vars(record)["fields"]["session"] for record in caplog.records}
    assert logged == set(found)


# ------------------------------------------------------------------ looking inside


async def test_what_a_server_knows_is_asked_of_itself() -> None:
    async with serve(CONFIG) as server, await dial(server) as peer:
        assert server.reports.names() == ()
        assert [each.peer.rpartition(":")[0] for each in server.sessions()] == ["127.0.0.1"]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.wait_for, "live/a")
            assert await peer.publish("a") == STARTED
        await peer.say(key(0), inter(40))
        reached = await server.wait_for("live/a", Until.parse("frames:2"), timeout_s=5.0)
        assert (reached.frames, reached.keyframes) == (2, 1)
        [session] = server.sessions()
        assert [each.stream for each in session.requests] == ["live/a"]
        assert server.kick("live/a", "enough")
        assert not server.kick("live/a")
        await server.wait_for("live/a", "unpublished")
        report = server.reports.find("live/a")
        assert report is not None
        assert (report.end, report.end_detail) == (EndReason.KICKED, "enough")
        assert report.facts.level == "headers"
        told = [type(entry.event).__name__ for entry in server.journal.since(0)]
        assert told[:5] == [
            "SessionBegan",
            "SessionConnected",
            "PublishBegan",
            "FirstMedia",
            "FirstKeyframe",
        ]
        assert report.began_at == pytest.approx(time.time(), abs=60)
        assert server.journal.since(0)[0].at == pytest.approx(time.time(), abs=60)


async def test_a_wait_in_vain_says_what_did_happen() -> None:
    async with serve(CONFIG) as server, await dial(server) as peer:
        await peer.publish("elsewhere")
        with pytest.raises(WaitTimeoutError) as caught:
            await server.wait_for("live/a", timeout_s=0.05)
        assert str(caught.value) == (
            "no publisher on live/a within 0.05 s; "
            "published: live/elsewhere by 127.0.0.1, 0 messages so far"
        )
        with pytest.raises(UntilError):
            await server.wait_for("live/a", "never")


async def test_what_is_kept_is_bounded_by_the_configuration() -> None:
    history = HistoryConfig(events=3, sessions=1, reports_per_stream=1)
    async with serve(attrs.evolve(CONFIG, history=history)) as server:
        for _ in range(3):
            since = server.journal.last
            async with await dial(server) as peer:
                await peer.publish("a")
            await server.wait_for("live/a", "unpublished", since=since)
        while len(server.registry):
            await server.journal.changed(server.journal.last)
        assert len(server.reports.history("live/a")) == 1
        assert len(server.sessions()) == 1
        assert len(server.journal.since(0)) == 3
        changes = server.reload(CONFIG)
        assert {change.path for change in changes} == {
            "history.events",
            "history.sessions",
            "history.reports_per_stream",
        }
        assert not any(change.live for change in changes)
        assert server.config.history == history


async def test_a_stream_is_meant_however_its_name_is_written() -> None:
    config = loads(
        'vhost."example.com".aliases = ["www.example.com"]\nrtmp.listen = ["127.0.0.1:0"]'
    )
    async with serve(config) as server, await dial(server) as peer:
        assert await peer.publish("a") == STARTED
        for name in ("live/a", "/live/a", server.rtmp_url("live/a"), "live/a?token=1"):
            assert (await server.wait_for(name, timeout_s=0)).stream == "live/a"
        assert server.key_of("rtmp://www.example.com/live/a") == "example.com/live/a"
        for wait in (partial(server.wait_for, "a"), partial(server.wait_for, "a", "unpublished")):
            with pytest.raises(StreamNameError, match="did you mean 'live/a'"):
                await wait()  # at once, and not after ten seconds
        with pytest.raises(StreamNameError, match="did you mean 'live/a'"):
            server.kick("a")
        assert server.kick(server.rtmp_url("live/a"))
