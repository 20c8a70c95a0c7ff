"""How each server is found, configured, started and stopped; the absent are not measured."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

import attrs

from benchmarks.macro.setups import BEFORE, OURS, SETUPS, Setup

__all__ = [
    "SERVERS",
    "Running",
    "Server",
    "absent_servers",
    "free_port",
    "launched",
    "pin",
    "present_setups",
]

HOST: Final = "127.0.0.1"
_PATIENCE_S: Final = 60.0
_STOP_S: Final = 5.0
_BEFORE: Final = "TRIO_SRS_BEFORE"
_FILE_SIZES: Final = {"segment": 500_000, "part": 50_000, "playlist": 2000}
_NGINX_MODULES: Final = (
    Path("/usr/lib/nginx/modules/ngx_rtmp_module.so"),  # Debian
    Path("/usr/lib64/nginx/modules/ngx_rtmp_module.so"),
    Path("/usr/local/lib/nginx/ngx_rtmp_module.so"),
)


@attrs.frozen
class Ports:
    """Where a server listens."""

    rtmp: int
    http: int
    """Used by those whose setup has views."""


@attrs.frozen
class Server:
    """A program."""

    find: Callable[[], str | None]
    """Its executable, or None."""
    found_by: str
    """What must be there for it to be found."""
    version: Callable[[str], str]
    command: Callable[[str, Path, Ports, Setup], list[str]]
    """Write its configuration into a folder; return what to run."""


@attrs.frozen
class Running:
    """A server that accepts connections."""

    pid: int
    ports: Ports
    ready_s: float
    """From starting it to its being ready."""

    def url(self, name: str) -> str:
        """A stream there."""
        return f"rtmp://{HOST}:{self.ports.rtmp}/live/{name}"

    def file_url(self, name: str) -> str:
        """A file of a server of files."""
        return f"http://{HOST}:{self.ports.http}/{name}"

    def view_url(self, name: str, view: str) -> str:
        """A view of a stream: see :attr:`.Setup.views`."""
        scheme = "ws" if view.startswith("ws-") else "http"
        return f"{scheme}://{HOST}:{self.ports.http}/live/{name}.{view.removeprefix('ws-')}"


def _said(command: list[str]) -> str:
    """The version number in what a program says of itself."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    found = re.search(r"v?(\d+(?:\.\d+)+)", done.stdout + done.stderr)
    return found[1] if found else "unknown"


def _ours(program: str, folder: Path, ports: Ports, setup: Setup) -> list[str]:
    keys = {
        "rtmp.listen": f'["{HOST}:{ports.rtmp}"]',
        "rtmp.max_connections": "20000",
        "rtmp.shutdown_grace": '"0s"',
        "log.level": '"warning"',
    }
    if setup.views:
        keys |= {"http.listen": f'["{HOST}:{ports.http}"]', "http.max_connections": "20000"}
    given = [
        word
        for key, value in (keys | setup.settings).items()
        for word in ("--set", f"{key}={value}")
    ]
    return [program, "-m", "trio_srs", "serve", *given]


def _find_before() -> str | None:
    """Raises RuntimeError where the variable names what is no checkout of ours."""
    path = os.environ.get(_BEFORE)
    if not path:
        return None
    folder = Path(path).absolute()
    if not (folder / "trio_srs").is_dir():
        raise RuntimeError(f"{_BEFORE} is {path}, which has no folder trio_srs in it")
    return str(folder)


def _before(program: str, folder: Path, ports: Ports, setup: Setup) -> list[str]:
    return ["env", f"PYTHONPATH={program}", *_ours(sys.executable, folder, ports, setup)]


def _before_version(program: str) -> str:
    command = ["git", "-C", program, "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _find_nginx() -> str | None:
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return program if program and any(each.exists() for each in _NGINX_MODULES) else None


def _nginx(program: str, folder: Path, ports: Ports, setup: Setup) -> list[str]:
    module = next(each for each in _NGINX_MODULES if each.exists())
    web = ""
    if setup.views:
        for name, size in _FILE_SIZES.items():
            (folder / name).write_bytes(os.urandom(size))
        web = f"""
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    server {{ listen {HOST}:{ports.http}; root {folder}; }}
}}"""
    (folder / "nginx.conf").write_text(f"""\
load_module {module};
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile {_most_files()};
events {{ worker_connections 20000; }}
rtmp {{
    access_log off;
    server {{
        listen {HOST}:{ports.rtmp};
        application live {{ live on; }}
    }}
}}{web}
""")
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def _srs(program: str, folder: Path, ports: Ports, setup: Setup) -> list[str]:
    """Its defaults, but for what a measurement needs: no log, no daemon, no question to its makers
    for the latest version, which goes out to the network at every start. Of 5 and later."""
    sections: dict[str, list[str]] = {"": [], "play": [], "publish": []}
    for key, value in setup.settings.items():
        section, _, name = key.rpartition(".")
        sections[section].append(f"{name} {value};")
    server = remux = ""
    if setup.views:  # one to a virtual host
        server = f"http_server {{ enabled on; listen {HOST}:{ports.http}; dir {folder}; }}"
        remux = f"http_remux {{ enabled on; mount [vhost]/[app]/[stream].{setup.views[0]}; }}"
        if setup.views == ("m3u8",):
            remux = f"hls {{ enabled on; hls_path {folder}; hls_fragment 2; hls_window 30; }}"
    (folder / "srs.conf").write_text(f"""\
listen {HOST}:{ports.rtmp};
max_connections {min(10_000, _most_files() // 2)};
daemon off;
srs_log_tank console;
srs_log_level error;
query_latest_version off;
pid {folder}/srs.pid;
{server}
vhost __defaultVhost__ {{
    {remux}
    {" ".join(sections[""])}
    play {{ {" ".join(sections["play"])} }}
    publish {{ {" ".join(sections["publish"])} }}
}}
""")
    return [program, "-c", str(folder / "srs.conf")]


def _mediamtx(program: str, folder: Path, ports: Ports, setup: Setup) -> list[str]:
    off = "".join(f"{name}: no\n" for name in ("rtsp", "hls", "webrtc", "srt", "api", "metrics"))
    (folder / "mediamtx.yml").write_text(
        f"logLevel: error\nrtmp: yes\nrtmpAddress: {HOST}:{ports.rtmp}\n{off}"
        "paths:\n  all_others:\n"
    )
    return [program, str(folder / "mediamtx.yml")]


def _find_nms() -> str | None:
    node = shutil.which("node")
    if node is None:
        return None
    look = [node, "-e", "require.resolve('node-media-server')"]
    found = subprocess.run(look, capture_output=True, check=False).returncode == 0
    return node if found else None


def _nms(program: str, folder: Path, ports: Ports, setup: Setup) -> list[str]:
    options = json.dumps({"bind": HOST, "rtmp": {"port": ports.rtmp}})
    script = f"const Server = require('node-media-server'); new Server({options}).run();"
    return [program, "-e", script]


def _nms_version(program: str) -> str:
    return _said([program, "-p", "require('node-media-server/package.json').version"])


def _from_environment(name: str) -> str | None:
    """Raises RuntimeError where the variable names what is no program: a slip, not an absence."""
    path = os.environ.get(name)
    if not path:
        return None
    program = shutil.which(path)
    if program is None:
        raise RuntimeError(f"{name} is {path}, which is no program that can be run")
    return str(Path(program).absolute())


SERVERS: Final = {
    OURS: Server(lambda: sys.executable, "always", lambda _: version("trio-srs"), _ours),
    BEFORE: Server(_find_before, f"{_BEFORE}, its folder", _before_version, _before),
    "nginx-rtmp": Server(
        _find_nginx,
        "nginx on PATH with its rtmp module",
        lambda program: f"nginx {_said([program, '-v'])}",
        _nginx,
    ),
    "srs": Server(
        partial(_from_environment, "SRS_BIN"),
        "SRS_BIN, the path of its program",
        lambda program: _said([program, "-v"]),
        _srs,
    ),
    "mediamtx": Server(
        partial(_from_environment, "MEDIAMTX_BIN"),
        "MEDIAMTX_BIN, the path of its program",
        lambda program: _said([program, "--version"]),
        _mediamtx,
    ),
    "node-media-server": Server(
        _find_nms, "node on PATH, and the package in NODE_PATH", _nms_version, _nms
    ),
}
"""Where they are looked for: nginx with Debian's libnginx-mod-rtmp on PATH, SRS and MediaMTX by
``SRS_BIN`` and ``MEDIAMTX_BIN``, Node-Media-Server by node's own search (``NODE_PATH``); another
checkout of ours, to be compared with this one, by ``TRIO_SRS_BEFORE``."""


def present_setups() -> dict[str, str]:
    """The setups whose servers are there, and their versions.

    Raises:
        RuntimeError: a variable names a program that is not there.
    """
    found = {name: (server, server.find()) for name, server in SERVERS.items()}
    versions = {name: server.version(at) for name, (server, at) in found.items() if at}
    return {
        key: versions[setup.server] for key, setup in SETUPS.items() if setup.server in versions
    }


def absent_servers() -> dict[str, str]:
    """The servers that are not there, and what would have to be."""
    return {name: server.found_by for name, server in SERVERS.items() if server.find() is None}


def _most_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def pin(core: int | None) -> None:
    """Bind this process to a core, if there is a choice, and let it have all the files it may."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    resource.setrlimit(resource.RLIMIT_NOFILE, (_most_files(),) * 2)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server((HOST, 0)) as sock:
        return int(sock.getsockname()[1])


@contextmanager
def launched(setup: Setup, folder: Path, core: int | None) -> Iterator[Running]:
    """A server, running on one core, for the length of the block.

    Raises:
        RuntimeError: it ended, or did not listen in time; the text has what it said.
    """
    server, ports = SERVERS[setup.server], Ports(free_port(), free_port())
    program = server.find()
    assert program is not None, setup
    command = server.command(program, folder, ports, setup)
    log = folder / "server.log"
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=_environment(), preexec_fn=partial(pin, core),
        )  # fmt: skip
        try:
            ready_s = _await_ready(process, ports.rtmp, log, setup, began)
            yield Running(process.pid, ports, ready_s)
        finally:
            _stop(process)


def _environment() -> dict[str, str]:
    """Ours, but with compiled modules kept, as an installation has them."""
    left_out = ("PYTHONDONTWRITEBYTECODE", _BEFORE)  # the second would be an unknown setting
    return {k: v for k, v in os.environ.items() if k not in left_out}


def _await_ready(
    process: subprocess.Popen[bytes], port: int, log: Path, setup: Setup, began: float
) -> float:
    """Until it listens; ours says so, of the others it is found out."""
    while time.monotonic() - began < _PATIENCE_S:
        if process.poll() is not None:
            break
        if setup.server in (OURS, BEFORE):
            if b'"event": "ready"' in log.read_bytes():
                return time.monotonic() - began
        elif _listens(port):
            return time.monotonic() - began
        time.sleep(0.002)
    raise RuntimeError(f"{setup.label} did not start: {log.read_text(errors='replace')[-2000:]}")


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
