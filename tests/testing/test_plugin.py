"""The plugin in somebody's project: servers, publishers and players, and nothing left of them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import attrs
import pytest

from tests.testing.processes import all_gone
from tests.testing.project import OTHER_PLUGINS, Outcome, Project

pytestmark = pytest.mark.interop

IN_USE: Final = Path(__file__).parent / "project_files" / "fixtures_in_use.py"
NOTED = """
import os, signal
from pathlib import Path
from typing import Final
from trio_srs.testing.fork_server import fork_server

def note(server, *others):
    with Path("pids").open("a") as file:
        pids = [fork_server()._process.pid, server.pid, *(each.pid for each in others)]
        print(*pids, file=file)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def noted(project: Project) -> list[list[int]]:
    """The processes of each test: the fork server, the server, others."""
    lines = (project.folder / "pids").read_text().splitlines()
    return [list(map(int, line.split())) for line in lines]


@pytest.mark.parametrize(
    ("plugins", "words", "some"),
    [
        ((), ("--import-mode=append", "-s"), "mark or waits or any_number"),
        (
            OTHER_PLUGINS,
            (
                "--import-mode=importlib",
                "-o",
                "trio_mode=true",
                "--timeout=30",
                "-pno:cacheprovider",
            ),
            "waits or threads or played",
        ),
    ],
    ids=["by themselves", "under trio"],
)
def test_the_fixtures_do_what_they_promise(
    project: Project, plugins: tuple[str, ...], words: tuple[str, ...], some: str
) -> None:
    """However pytest imports and runs them: all of them are run in ``test_install``."""
    text = IN_USE.read_text(encoding="utf-8")
    project.write(text)
    outcome = attrs.evolve(project, plugins=plugins).run("--strict-markers", "-k", some, *words)
    names = re.findall(r"\ndef test_(\w+)", text)
    chosen = [name for name in names if any(word in name for word in some.split(" or "))]
    assert chosen
    assert outcome.counts == (len(chosen), 0, 0), outcome.output
    assert all_gone({pid for test in noted(project) for pid in test}, within_s=0.0)


FILES: Final = {
    "test_own.py": NOTED
    + """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_it(number, rtmp_server, rtmp_server_factory):
    assert rtmp_server.url() != rtmp_server_factory().url()
    note(rtmp_server)
""",
    "test_mark.py": """
        import pytest

        @pytest.mark.rtmp_server(stream={"publish_busy": "replace"})
        def test_sections(rtmp_server, rtmp_publisher):
            first = rtmp_publisher("live/a")
            rtmp_publisher("live/a")
            assert first.wait() == "server_refused"

        @pytest.mark.rtmp_server("[app.live]\\npublish_busy = 'replace'")
        def test_text(rtmp_server, rtmp_publisher):
            rtmp_publisher("live/a")
            rtmp_publisher("live/a")

        @pytest.mark.rtmp_server(stream={"publish_busi": "replace"})
        def test_wrong(rtmp_server):
            pass
        """,
    "test_death.py": """
        import os, signal

        def test_it(rtmp_server):
            os.kill(rtmp_server.pid, signal.SIGSEGV)

        def test_on_purpose(rtmp_server):
            rtmp_server.kill()
        """,
    "test_failure.py": """
        def test_right(rtmp_server, rtmp_publisher):
            rtmp_publisher("live/a", seconds=0.4, speed=100.0).wait()

        def test_wrong(rtmp_server, rtmp_server_factory, rtmp_publisher):
            rtmp_publisher("live/a", seconds=0.4, speed=100.0).wait()
            rtmp_publisher(rtmp_server_factory().url("live/b"))
            rtmp_server.wait_for_publish("live/c", timeout=0.05)
        """,
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Outcome]:
    """A project with several files, and what came of it."""
    project = Project(tmp_path_factory.mktemp("files"))
    for name, text in FILES.items():
        project.write(text, name)
    words = ("-vv", "--strict-markers", "--rtmp-captures=failed")
    return project, project.run(*words, f"--basetemp={project.folder / 'kept'}")


def test_every_test_has_a_server_of_its_own_and_none_is_left(
    ran: tuple[Project, Outcome],
) -> None:
    project, outcome = ran
    assert outcome.counts_in("test_own.py") == (3, 0, 0), outcome.output
    tests = noted(project)
    assert len({server for _, server in tests}) == 3
    assert len({server for server, _ in tests}) == 1
    assert all_gone({pid for test in tests for pid in test}, within_s=0.0)


@pytest.mark.parametrize(
    "end",
    ["os.kill(os.getpid(), signal.SIGKILL)", "os.kill(os.getpid(), signal.SIGINT)", "os._exit(7)"],
)
def test_a_run_that_is_broken_off_leaves_nothing(project: Project, end: str) -> None:
    project.write(
        NOTED
        + f"""
def test_it(rtmp_server, rtmp_publisher, rtmp_player):
    note(rtmp_server, rtmp_publisher("live/a"), rtmp_player("live/a"))
    {end}
"""
    )
    outcome = project.run()
    assert outcome.code != 0
    [pids] = noted(project)
    assert len(pids) == 4
    assert all_gone(pids)


def test_ctrl_c_reaches_the_tests_and_not_their_servers(project: Project) -> None:
    """A terminal sends it to the whole group."""
    project.write(
        NOTED
        + """
def test_it(rtmp_server):
    note(rtmp_server)
    try:
        os.killpg(0, signal.SIGINT)
        signal.pause()
    except KeyboardInterrupt:
        rtmp_server.check_leaks()
        Path("answered").touch()
        raise
"""
    )
    with subprocess.Popen(
        project.command(),
        cwd=project.folder,
        env=project.environ,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    ) as process:
        assert process.wait(30) == pytest.ExitCode.INTERRUPTED
    assert (project.folder / "answered").exists()
    assert all_gone(noted(project)[0])


def test_a_mark_configures_the_server(ran: tuple[Project, Outcome]) -> None:
    _, outcome = ran
    assert outcome.counts_in("test_mark.py") == (2, 0, 1), outcome.output
    assert 'stream.publish_busi: unknown key; did you mean "publish_busy"?' in outcome.output


def test_a_leak_fails_the_test_with_its_name(project: Project) -> None:
    """In a server with a bug: it forgets a task and a descriptor for each publish."""
    project.write(
        """
        from trio_srs.testing import fork_server

        BUG = '''
        import os, trio
        from trio_srs.hub import bus
        tell = bus.Bus.tell
        def forget(self, event):
            if isinstance(event, bus.PublishBegan):
                trio.lowlevel.spawn_system_task(trio.sleep_forever, name="forgotten")
                os.open(os.devnull, os.O_RDONLY)
            tell(self, event)
        bus.Bus.tell = forget
        '''
        fork_server._BOOT = fork_server._BOOT.replace("; from", f"\\n{BUG}\\nfrom")
        """,
        "conftest.py",
    )
    project.write("def test_it(rtmp_server, rtmp_publisher): rtmp_publisher('live/a')")
    outcome = project.run()
    assert outcome.counts == (1, 0, 1), outcome.output
    message = "the server still holds, when all have left: task forgotten, descriptor /dev/null"
    assert message in outcome.output


def test_a_server_that_dies_unasked_fails_the_test(ran: tuple[Project, Outcome]) -> None:
    _, outcome = ran
    assert outcome.counts_in("test_death.py") == (2, 0, 1), outcome.output
    assert "the server's process was ended by signal 11; its log is empty" in outcome.output


def test_a_test_that_fails_tells_what_its_servers_have_seen(ran: tuple[Project, Outcome]) -> None:
    project, outcome = ran
    assert outcome.counts_in("test_failure.py") == (1, 1, 0), outcome.output
    [told] = re.findall(r"(?ms)^_+ test_wrong _+$(.*?)^(?:__|==)", outcome.output)
    assert re.search("E +no publisher on live/c within 0.05 s; published: live/a by ", told)
    assert len(re.findall("(?m)^-+ RTMP at rtmp://127.0.0.1:", told)) == 2
    assert re.search("(?m)^live/b, published by .*: still going on", told)
    kept = project.folder / "kept" / "test_wrong0" / "trio-srs"
    assert f"kept in {kept}\n" in told
    first = {path.name for path in kept.iterdir() if path.is_file()}
    reports = {"report-live-a-1.json", "sessions.json", "events.json", "server.log"}
    assert first == reports | {"live-a-1.flv"}
    assert (kept / "server2" / "report-live-b-1.json").exists()
    assert (kept / "server2" / "live-b-1.flv").exists()
    assert f"  kept in {kept / 'live-a-1.flv'}\n" in told
    sessions = {path.suffix for path in (kept / "sessions").iterdir()}
    assert sessions == {".rtmpcap", ".txt", ".jsonl"}
    assert not (project.folder / "kept" / "test_right0" / "trio-srs").exists()


def test_what_does_not_use_it_does_not_pay_for_it(project: Project) -> None:
    project.write("def test_it(): pass")
    project.write(
        """
        import sys

        def pytest_unconfigure():
            print("ours:", *sorted(name for name in sys.modules if name.startswith("trio_srs")))
        """,
        "conftest.py",
    )
    outcome = attrs.evolve(project, is_fresh=True).run()
    assert outcome.code == 0
    assert "\nours: trio_srs trio_srs.testing trio_srs.testing.plugin\n" in outcome.output


def test_only_collecting_starts_nothing(project: Project) -> None:
    project.write("def test_it(rtmp_server): pass")
    project.write(
        """
        import sys

        def pytest_unconfigure():
            print("fork server:", "trio_srs.testing.fork_server" in sys.modules)
        """,
        "conftest.py",
    )
    outcome = attrs.evolve(project, is_fresh=True).run("--collect-only")
    assert "\nfork server: False\n" in outcome.output


def test_fixtures_of_their_own_are_for_tests_under_trio(project: Project) -> None:
    project.write(
        """
        import math
        import trio

        async def test_it(trio_rtmp_server, trio_rtmp_publisher, trio_rtmp_player):
            player = await trio_rtmp_player("live/a")
            publisher = await trio_rtmp_publisher("live/a")
            await publisher.wait_for_frames(2)
            await publisher.stall()
            await publisher.resume()
            with trio.move_on_after(0.05) as scope:
                await publisher.wait()
            assert scope.cancelled_caught
            await publisher.stop()
            assert publisher.sync.ended == "stopped"
            assert await player.wait() == "NetStream.Play.UnpublishNotify"
            assert player.sync.digest == publisher.sync.digest
            other = await trio_rtmp_publisher(trio_rtmp_server.url("live/b"), speed=math.inf)
            await other.kill()
        """
    )
    outcome = attrs.evolve(project, plugins=("pytest_trio.plugin",)).run("-o", "trio_mode=true")
    assert outcome.counts == (1, 0, 0), outcome.output
