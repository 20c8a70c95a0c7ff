"""The pytest plugin: a live server, publishers and players as fixtures. Floor 7.

Nothing but pytest is imported until a test asks for one of the fixtures.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from trio_srs.media.expect import Expectation
    from trio_srs.testing.authority import CertificateAuthority
    from trio_srs.testing.fixtures import OwnNamespace, Servers
    from trio_srs.testing.hook_recorder import HookRecorder
    from trio_srs.testing.server_namespace import ServerNamespace
    from trio_srs.testing.server_process import ServerProcess
    from trio_srs.testing.starting import StartPlayer, StartPublisher, StartServer
    from trio_srs.testing.trio_fixtures import TrioPlayer, TrioPublisher, TrioServer

__all__ = [
    "rtmp_ca",
    "rtmp_hooks",
    "rtmp_module_server_factory",
    "rtmp_namespace",
    "rtmp_player",
    "rtmp_publisher",
    "rtmp_server",
    "rtmp_server_factory",
    "rtmp_session_server_factory",
    "rtmp_shared_server",
    "trio_rtmp_player",
    "trio_rtmp_publisher",
    "trio_rtmp_server",
]

_MARK: Final = "rtmp_server"
_HOOKS: Final = "rtmp_hooks"
_NAMESPACE: Final = "rtmp_namespace"
_CA: Final = "rtmp_ca"
_SOURCES: Final[dict[str, type[pytest.Item | pytest.Collector]]] = {
    "rtmp_server_factory": pytest.Item,
    "rtmp_module_server_factory": pytest.Module,
    "rtmp_session_server_factory": pytest.Session,
}
"""The fixtures that all the others come from, and where their servers are kept."""
_CAPTURES: Final = "--rtmp-captures"
_SUMMARY: Final = "--rtmp-summary"
_BEGAN: Final[pytest.StashKey[float]] = pytest.StashKey()
_SERVERS: Final[pytest.StashKey[Servers]] = pytest.StashKey()
_OWN: Final[pytest.StashKey[OwnNamespace]] = pytest.StashKey()

expectations: Final[list[tuple[str, Expectation]]] = []
"""What the test that runs has begun to expect, and where."""


# --------------------------------------------------------------------- fixtures


@pytest.fixture
def rtmp_server_factory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartServer]:
    """Start any number of servers: ``rtmp_server_factory(stream={"publish_busy": "replace"})``.

    The arguments are those of :class:`trio_srs.testing.ServerProcess`.
    """
    from trio_srs.testing.fixtures import Servers

    keep = request.config.getoption(_CAPTURES)
    servers = request.node.stash[_SERVERS] = Servers(tmp_path / "trio-srs", sessions=keep)
    yield servers.start
    servers.close()


@pytest.fixture(scope="module")
def rtmp_module_server_factory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartServer]:
    """``rtmp_server_factory`` of servers that all tests of a module share."""
    yield from _shared(request, tmp_path_factory)


@pytest.fixture(scope="session")
def rtmp_session_server_factory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartServer]:
    """``rtmp_server_factory`` of servers that all tests of a run share (of each of its processes,
    with pytest-xdist)."""
    yield from _shared(request, tmp_path_factory)


def _shared(
    request: pytest.FixtureRequest, folders: pytest.TempPathFactory
) -> Iterator[StartServer]:
    from trio_srs.testing.fixtures import Servers

    keep = request.config.getoption(_CAPTURES)
    folder = folders.mktemp("trio-srs")
    servers = request.node.stash[_SERVERS] = Servers(folder, sessions=keep, are_shared=True)
    yield servers.start
    servers.close()


@pytest.fixture(scope="session")
def rtmp_shared_server(rtmp_session_server_factory: StartServer) -> ServerProcess:
    """The server that has the namespaces of ``rtmp_namespace``: define a fixture of this name to
    configure it."""
    return rtmp_session_server_factory()


@pytest.fixture
def rtmp_namespace(
    request: pytest.FixtureRequest, rtmp_shared_server: ServerProcess, tmp_path: Path
) -> Iterator[ServerNamespace]:
    """A virtual host of this test's own on a server that others use as well.

    ``@pytest.mark.rtmp_namespace(settings={...}, faults=[...])`` configures it; the arguments are
    those of :meth:`.ServerProcess.namespace`. When the test is over nothing of it may be left.
    """
    from trio_srs.testing.fixtures import OwnNamespace

    mark = request.node.get_closest_marker(_NAMESPACE)
    args, words = (mark.args, mark.kwargs) if mark else ((), {})
    namespace = rtmp_shared_server.namespace(*args, **words)
    kept = request.node.stash[_OWN] = OwnNamespace(namespace, tmp_path / "trio-srs")
    yield namespace
    kept.close()


@pytest.fixture
def rtmp_server(request: pytest.FixtureRequest, rtmp_server_factory: StartServer) -> ServerProcess:
    """A live server of this test's own, in a process of its own, on a free port.

    ``@pytest.mark.rtmp_server(config="...", stream={...})`` configures it, and it calls
    ``rtmp_hooks`` if the test has that, and listens for RTMPS and HTTPS as well if it has
    ``rtmp_ca``. When the test is over it must have given back whatever it held for its sessions.
    """
    mark = request.node.get_closest_marker(_MARK)
    args, words = (mark.args, mark.kwargs) if mark else ((), {})
    if _HOOKS in request.fixturenames:
        called = request.getfixturevalue(_HOOKS).section
        words = {**words, "hooks": {**called, **words.get("hooks", {})}}
    if _CA in request.fixturenames:
        secure = request.getfixturevalue(_CA).section
        words = {**dict.fromkeys(("rtmps", "https"), secure), **words}
    return rtmp_server_factory(*args, **words)


@pytest.fixture
def rtmp_hooks() -> Iterator[HookRecorder]:
    """A platform that ``rtmp_server`` asks and tells by HTTP: it says yes unless it is told not to.

    ``rtmp_hooks.answer("on_publish", "refuse:no such key")``, and at last
    ``rtmp_hooks.expect_called("on_unpublish", stream="live/cam1")``.
    """
    from trio_srs.testing.hook_recorder import HookRecorder

    with HookRecorder() as recorder:
        yield recorder


@pytest.fixture(scope="session")
def rtmp_ca(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    """A certificate authority of the run, whose ``file`` clients are to be given: with it in a test
    ``rtmp_server`` listens for RTMPS and HTTPS as well, with a certificate that it has signed.

    ``rtmp_server.url("live/cam1", "rtmps")``
    """
    from trio_srs.testing.authority import CertificateAuthority

    return CertificateAuthority(tmp_path_factory.mktemp("rtmp-ca"))


@pytest.fixture
def rtmp_publisher(rtmp_server: ServerProcess) -> Iterator[StartPublisher]:
    """Publish in the background: ``rtmp_publisher("live/cam1", "h264:640x360@25", seconds=2)``.

    The first argument is a stream of ``rtmp_server``, or a whole URL; the others are those of
    :class:`trio_srs.testing.PublisherProcess`. What still goes on ends with the test.
    """
    from trio_srs.testing.clients import PublisherProcess
    from trio_srs.testing.fixtures import Clients

    with Clients(PublisherProcess, rtmp_server) as clients:
        yield clients.start


@pytest.fixture
def rtmp_player(rtmp_server: ServerProcess) -> Iterator[StartPlayer]:
    """Play in the background: ``rtmp_player("live/cam1")``; the argument as of
    ``rtmp_publisher``.

    It knows what it got: frames, bytes, digest, statuses, facts.
    """
    from trio_srs.testing.clients import PlayerProcess
    from trio_srs.testing.fixtures import Clients

    with Clients(PlayerProcess, rtmp_server) as clients:
        yield clients.start


@pytest.fixture
def trio_rtmp_server(rtmp_server: ServerProcess) -> TrioServer:
    """``rtmp_server`` for tests that run under Trio: what waits is awaited."""
    from trio_srs.testing.trio_fixtures import TrioServer

    return TrioServer(rtmp_server)


@pytest.fixture
def trio_rtmp_publisher(rtmp_publisher: StartPublisher) -> TrioPublisher:
    """``rtmp_publisher`` for tests that run under Trio: ``await trio_rtmp_publisher(...)``."""
    from trio_srs.testing.trio_fixtures import TrioPublisher

    return TrioPublisher(rtmp_publisher)


@pytest.fixture
def trio_rtmp_player(rtmp_player: StartPlayer) -> TrioPlayer:
    """``rtmp_player`` for tests that run under Trio: ``await trio_rtmp_player(...)``."""
    from trio_srs.testing.trio_fixtures import TrioPlayer

    return TrioPlayer(rtmp_player)


# ------------------------------------------------------------------------ hooks


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a run can be told."""
    parser.getgroup("trio-srs").addoption(
        _CAPTURES,
        choices=("off", "failed", "all"),
        default="off",
        help="capture the RTMP sessions of servers of tests, byte for byte: those of tests that "
        "failed, or of all; they are kept in the test's tmp_path",
    )
    parser.getgroup("trio-srs").addoption(
        _SUMMARY,
        metavar="FILE",
        help="write a page (HTML) of all tests: what each published, what was wrong first, what is "
        "kept",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Say what our mark means, for ``--strict-markers``."""
    config.addinivalue_line(
        "markers",
        f"{_MARK}(config='', **sections): configures the rtmp_server of this test, by the text "
        "of a configuration file, by its sections, or both",
    )
    config.addinivalue_line(
        "markers",
        f"{_NAMESPACE}(settings={{}}, faults=[], max_sessions=None): configures the rtmp_namespace "
        "of this test",
    )
    if (path := config.getoption(_SUMMARY)) is not None:
        from trio_srs.testing.run_summary import RunSummary

        if not Path(path).absolute().parent.is_dir():
            raise pytest.UsageError(f"{_SUMMARY}: there is no folder {Path(path).parent}")
        config.pluginmanager.register(RunSummary(Path(path)), "trio-srs summary")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Warm up, while pytest collects the rest, if this one will need it: unless it may yet be left
    out."""
    option = item.config.option
    if _needs_servers(item) and not (option.keyword or option.markexpr):
        _warm_up()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Warm up if any of those that are left will need it."""
    if any(map(_needs_servers, session.items)):
        _warm_up()


def _needs_servers(item: pytest.Item) -> bool:
    wanted = getattr(item, "fixturenames", ())
    return not (item.config.option.collectonly or _SOURCES.keys().isdisjoint(wanted))


def _warm_up() -> None:
    from trio_srs.testing.fork_server import fork_server

    fork_server()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    """Fail a test that begins to expect, and then asks nothing: any stream would do."""
    return (yield from _asked())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Fail a fixture that does so."""
    return (yield from _asked())


def _asked() -> Generator[None, None, None]:
    __tracebackhide__ = True
    try:
        yield
        for place, expectation in expectations:
            expectation.check_asked(f"{place}: expect(report)")
    finally:
        expectations.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Of a test that failed, say first what is wrong, and at last what its servers have seen."""
    report = yield
    if report.failed and call.excinfo is not None and "trio_srs.errors" in sys.modules:
        from trio_srs.testing.first_line import begin_with_the_fact

        begin_with_the_fact(report.longrepr, call.excinfo.value)
    if item.config.getoption(_SUMMARY) is not None:
        _tell_seen(item, call, report)
    if report.failed:
        for servers in _servers_of(item):
            report.sections += servers.failure_report()
    return report


def _tell_seen(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Send along with the report of a test what its servers have seen."""
    if report.when == "setup":
        item.stash[_BEGAN] = call.start
    if report.when == "call" or (report.when == "setup" and report.failed):
        from trio_srs.testing.run_summary import SEEN

        seen = [servers.seen(item.stash[_BEGAN]) for servers in _servers_of(item)]
        told = {key: [it for each in seen for it in each[key]] for key in ("publishes", "folders")}
        setattr(report, SEEN, told)


def _servers_of(item: pytest.Item) -> Iterator[Servers | OwnNamespace]:
    """Those that a test uses, of its own and shared ones; of one with a namespace of the test's own
    that alone."""
    if (own := item.stash.get(_OWN, None)) is not None:
        yield own
        return
    for source, kind in _SOURCES.items():
        node = item.getparent(kind) if source in getattr(item, "fixturenames", ()) else None
        if node is not None and (servers := node.stash.get(_SERVERS, None)) is not None:
            yield servers


def pytest_unconfigure() -> None:
    """End the fork server."""
    if (forking := sys.modules.get("trio_srs.testing.fork_server")) is not None:
        forking.close_fork_server()
