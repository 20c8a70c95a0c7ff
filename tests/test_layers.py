"""The architecture as a test: who may import whom, and what may stand where.

Every rule is a table or a short function that yields complaints; ``complaints`` runs all of
them over one module's text, so that the rules can be tried on planted modules too.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

import attrs
import pytest

PACKAGE: Final = "trio_srs"
TESTS: Final = Path(__file__).parent
ROOT: Final = TESTS.parent / PACKAGE
PATHS: Final = {
    ".".join((PACKAGE, *path.relative_to(ROOT).with_suffix("").parts)): path
    for path in sorted(ROOT.rglob("*.py"))
}

FLOORS: Final = {
    **dict.fromkeys(
        ("errors", "secret", "units", "version"), -1
    ),  # leaned on by all, lean on nothing
    "wire": 0,  # bytes and values
    **dict.fromkeys(("session", "media", "faults"), 1),  # state machines; frames; what goes wrong
    **dict.fromkeys(("hub", "net", "decoding"), 2),  # live streams; byte streams; pictures
    "service": 3,  # what the server offers
    "config": 4,
    "server": 5,
    "tools": 6,
    "testing": 7,
    **dict.fromkeys(("app", "__main__", "__init__"), 8),
}
EVERYBODY: Final = tuple(FLOORS)
FROM_TRIO_UP: Final = tuple(part for part, floor in FLOORS.items() if floor >= 2)

# What is named on the left may be used only in the places on the right. A place is the front
# of a module's name inside the package; "app" has no rules of this kind.
ONLY_IN: Final = {
    # third parties: whatever is not listed here is refused everywhere
    "attrs": EVERYBODY,
    "trio": FROM_TRIO_UP,
    "h11": ("session.http_",),
    "websockets": ("session.http_",),
    "litestar": ("service.api",),
    "msgspec": ("service.api",),  # litestar's reader and writer of JSON
    "cattrs": ("config", "testing.readback"),
    "tomli": ("config", "tools.expect"),
    "tomlkit": ("server.server_steering",),  # keeps the comments of a file
    "pygal": ("tools.verdicts",),
    **dict.fromkeys(("av", "numpy"), ("decoding.child",)),  # in a process of their own
    "imageio_ffmpeg": ("decoding",),  # if it is there
    "structlog": ("server.logs",),
    "cryptography": (
        *("net.certificate", "service.access", "hub.aes_cipher"),
        *("tools.inspect.tls_decryption", "testing.authority"),
    ),
    "jwt": ("service.access",),
    "prometheus_client": ("service.metrics",),
    "pytest": ("testing",),
    "rich": (),
    "cyclopts": (),
    # I/O, tasks, clock, chance and events start above the pure floors
    **dict.fromkeys(
        (
            *("asyncio", "logging", "multiprocessing", "os", "random", "secrets", "select"),
            *("selectors", "signal", "socket", "ssl", "subprocess", "threading", "time", "uuid"),
        ),
        FROM_TRIO_UP,
    ),
    # settings come from one place
    "os.environ": ("config.load",),
    "os.environb": ("config.load",),
    "os.getenv": ("config.load",),
    # logging is set up in one place
    "logging.basicConfig": ("server.logs",),
    "logging.config": ("server.logs",),
    "logging.handlers": ("server.logs",),
    "logging.StreamHandler": ("server.logs",),
    "logging.FileHandler": ("server.logs",),
}

NOT_IN: Final = {  # place: what may not be used there although its floor would allow it
    "hub": (
        *("socket", "ssl", "select", "selectors", "trio.socket", "trio.lowlevel.wait_readable"),
        *("trio.SocketStream", "trio.SSLStream", "trio.open_tcp_stream", "trio.serve_tcp"),
    ),
    "net": ("trio_srs.media",),
}

SERVICE_BASES: Final = (f"{PACKAGE}.service.base", f"{PACKAGE}.service.listening")
"""What a service is, and one that listens: every service sees them, and whoever runs them."""
SERVICES_SHARE: Final = {"segmented": ("hls", "dash"), "web": ("http", "api")}
"""What stands on the left is no service: those on the right are built on it."""

HANDLER_CALLS: Final = {"addHandler", "removeHandler", "setLevel", "disable"}
"""Methods by which a logger is configured, whatever the variable is called."""

MAX_LINES: Final = 600
"""Of a module, and of a file of tests."""
FEW_WORDS: Final = 3
MAX_FUNCTION_LINES: Final = 80
BAD_MODULE: Final = re.compile(r"(utils?|common|helpers?|misc|base\d+)")


@attrs.frozen
class Module:
    """One module of the package as the rules see it."""

    name: str
    """Dotted, with the package; a package's own is ``trio_srs.wire.__init__``."""
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        return self.name.removeprefix(f"{PACKAGE}.")

    @property
    def part(self) -> str:
        return self.place.partition(".")[0]

    @property
    def floor(self) -> int:
        return FLOORS[self.part]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All of the tree: every rule looks through it."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def imported(self) -> tuple[str, ...]:
        """Every dotted name imported anywhere, typing-only imports included."""
        return tuple(imported(self))


def stands_in(place: str, front: str) -> bool:
    """Whether ``front`` names the place, something around it, or the start of a file's name."""
    return place == front or place.startswith(front if front.endswith("_") else f"{front}.")


def imported(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            front = module.name.split(".")[: -node.level] if node.level else []
            front += node.module.split(".") if node.module else []
            yield from (".".join((*front, alias.name)) for alias in node.names)


def dotted(node: ast.expr) -> str | None:
    """``a.b.c`` as text, or None for an expression that begins with anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (front := dotted(node.value)):
        return f"{front}.{node.attr}"
    return None


def used(module: Module) -> Iterator[str]:
    """Every foreign dotted name imported, or reached through an imported module."""
    names = module.imported
    yield from names
    for node in module.nodes:
        name = dotted(node) if isinstance(node, ast.Attribute) else None
        if name and name.partition(".")[0] in names:
            yield name


def floors(module: Module) -> Iterator[str]:
    """Lower floors only; equal floors never, except inside one part and on the roof."""
    if module.floor == FLOORS["app"]:
        return
    for name in module.imported:
        if name.partition(".")[0] != PACKAGE:
            continue
        part = name.split(".")[1] if "." in name else "__init__"
        if part not in FLOORS:  # a name handed on by the face
            part = "__init__"
        if part == "__init__" and module.floor >= FLOORS["testing"]:
            continue
        if part != module.part and FLOORS[part] >= module.floor:
            yield f"floor {module.floor}, {module.part}, imports {name} of floor {FLOORS[part]}"


def services_are_blind(module: Module) -> Iterator[str]:
    """A service imports itself, what it is built on, and lower floors; the others it does not
    see."""
    for name in module.imported:
        if not name.startswith(f"{PACKAGE}.service.") or any(
            stands_in(name, base) for base in SERVICE_BASES
        ):
            continue
        there, here = name.split(".")[2], module.name.split(".")[2]
        if module.part == "service" and here not in (there, *SERVICES_SHARE.get(there, ())):
            yield f"service {here} imports service {there}"


def services_have_few_doors(module: Module) -> Iterator[str]:
    """Above the services, config lists their sections and server.build builds them."""
    if module.place == "server.build" or module.part not in ("config", "server", "tools"):
        return
    for name in module.imported:
        if name.startswith(f"{PACKAGE}.service") and not any(
            stands_in(name, base) for base in SERVICE_BASES
        ):
            is_section = "config" in name.split(".")[3:]
            if not (module.part == "config" and is_section):
                yield f"{module.place} imports {name}; only server.build sees the services"


def foreign_names_in_their_places(module: Module) -> Iterator[str]:
    """Third parties, impure modules, environment and logging set-up: each where it may be."""
    if module.floor == FLOORS["app"]:
        return
    for name in used(module):
        top = name.partition(".")[0]
        if top != PACKAGE and top not in sys.stdlib_module_names and top not in ONLY_IN:
            yield f"{top} is a third party that ONLY_IN does not list"
        for rule, places in ONLY_IN.items():
            if stands_in(name, rule) and not any(stands_in(module.place, p) for p in places):
                yield f"{name} is only for {', '.join(places) or 'app'}"
        for place, refused in NOT_IN.items():
            if stands_in(module.place, place) and any(stands_in(name, r) for r in refused):
                yield f"{name} is not for {place}"


def one_place_configures_logging(module: Module) -> Iterator[str]:
    """Others take a logger named after themselves and say things; they set nothing up."""
    if module.place == "server.logs" or module.floor == FLOORS["app"]:
        return
    if not any(stands_in(name, "logging") for name in module.imported):
        return
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and node.attr in HANDLER_CALLS:
            yield f".{node.attr} in line {node.lineno}; only server.logs configures logging"


def pure_floors_are_synchronous(module: Module) -> Iterator[str]:
    if module.floor < FLOORS["hub"]:
        for node in module.nodes:
            if isinstance(node, ast.AsyncFunctionDef):
                yield f"async def {node.name} on a pure floor"


def sizes(module: Module) -> Iterator[str]:
    if (lines := len(module.text.splitlines())) > MAX_LINES:
        yield f"{lines} lines; the limit is {MAX_LINES}"
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield f"{node.name} has {length} lines; the limit is {MAX_FUNCTION_LINES}"


def first_lines(module: Module) -> Iterator[str]:
    """A docstring, then the future import, if there is anything but the docstring."""
    if not ast.get_docstring(module.tree):
        yield "no docstring: a module says what it is in its first line"
    elif len(module.tree.body) > 1:
        second = module.tree.body[1]
        if not (isinstance(second, ast.ImportFrom) and second.module == "__future__"):
            yield "begins without from __future__ import annotations"


def docstrings(module: Module) -> Iterator[str]:
    """One of a few words says what the name says: better none, as of what keeps a promise made
    elsewhere (a protocol's method, or one of a class above)."""
    for node in module.nodes:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            said = ast.get_docstring(node)
            if said is not None and len(said.split()) <= FEW_WORDS:
                yield f"{node.name} is said to be {said!r}: say more than its name, or nothing"


def names(module: Module) -> Iterator[str]:
    """No drawers for odds and ends."""
    for word in module.place.split("."):
        if BAD_MODULE.fullmatch(word):
            yield f"{word} is no name for a module: say what it does"
    for node in module.nodes:
        if isinstance(node, ast.ClassDef) and node.name.endswith("Manager"):
            yield f"{node.name}: say what it manages to do"


RULES: Final[tuple[Callable[[Module], Iterator[str]], ...]] = (
    floors,
    services_are_blind,
    services_have_few_doors,
    foreign_names_in_their_places,
    one_place_configures_logging,
    pure_floors_are_synchronous,
    sizes,
    first_lines,
    docstrings,
    names,
)


def complaints(name: str, text: str) -> list[str]:
    """What all rules have to say about a module of that name with that text."""
    module = Module(name, text, ast.parse(text))
    return [complaint for rule in RULES for complaint in rule(module)]


PARTS: Final = sorted({name.split(".")[1] for name in PATHS})


@pytest.mark.parametrize("part", PARTS)
def test_every_module_of_a_part_keeps_the_rules(part: str) -> None:
    found = {
        name: complaints(name, path.read_text())
        for name, path in PATHS.items()
        if name.split(".")[1] == part
    }
    assert {name: said for name, said in found.items() if said} == {}


def test_a_file_of_tests_keeps_the_limit_of_a_module() -> None:
    files = {path.relative_to(TESTS).as_posix(): path for path in TESTS.rglob("*.py")}
    lines = {name: len(path.read_text().splitlines()) for name, path in files.items()}
    assert [name for name, count in lines.items() if count > MAX_LINES] == []


def test_every_part_has_a_floor() -> None:
    assert set(PARTS) <= set(FLOORS)


LEGAL: Final = {
    "a lower floor": ("session.rtmp_core", "from trio_srs.wire.rtmp import chunk"),
    "the same part": ("wire.flv.tag", "from trio_srs.wire.amf.amf0 import decode"),
    "the same part, relatively": ("hub.cursor", "from .log import Log"),
    "the basement": ("wire.bits", "from trio_srs.errors import ProtocolError"),
    "its own service": ("service.rtmp.play", "from trio_srs.service.rtmp.config import RtmpConfig"),
    "what a service is": ("service.rtmp.make", "from trio_srs.service.base import Parts"),
    "what services share": (
        "service.hls.site",
        "from trio_srs.service.segmented.site import SegmentedSite",
    ),
    "services as such": ("server.run", "from trio_srs.service.base import StopPhase"),
    "a section": ("config.schema", "from trio_srs.service.rtmp.config import RtmpConfig"),
    "a service's section module": ("config.schema", "from trio_srs.service.rtmp import config"),
    "the builder": ("server.build", "from trio_srs.service.rtmp.server import RtmpServer"),
    "the face, from the roof": ("app.cli.serve", "from trio_srs import serve"),
    "the face, from a test's server": ("testing.server", "from trio_srs import serve"),
    "sockets in net": ("net.tcp", "import socket, ssl, trio"),
    "sans-IO HTTP": ("session.http_server", "import h11"),
    "the environment": ("config.load", "import os\nos.environ"),
    "the environment, at the top": ("app.cli", "import os\nos.environ"),
    "no docstring where a promise is kept": ("tools.tally", "class A(B):\n    def add(self): ..."),
    "a logger": ("net.link", "import logging\nlogging.getLogger(__name__)"),
    "logging's set-up": ("server.logs", "import logging, structlog\nlogging.basicConfig()"),
    "tables of the terminal": ("app.cli.probe", "import rich"),
}

ILLEGAL: Final = {
    "upwards": ("wire.flv.tag", "from trio_srs.session.base import Session", "of floor 1"),
    "from the basement": ("errors", "from trio_srs.wire.bits import BitReader", "of floor 0"),
    "the basement sideways": ("errors", "import trio_srs.units", "of floor -1"),
    "sideways": ("session.rtmp_core", "import trio_srs.media.frame", "of floor 1"),
    "sideways, net": ("net.link", "from trio_srs.hub.stream import Stream", "of floor 2"),
    "for typing only": (
        "hub.stream",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from trio_srs.net import link",
        "of floor 2",
    ),
    "in a function": ("hub.stream", "def f():\n    import trio_srs.server.run", "of floor 5"),
    "relatively": ("wire.flv.tag", "from ...session import base", "of floor 1"),
    "a part relatively": ("wire.bits", "from .. import net", "of floor 2"),
    "the face from below": ("server.run", "from trio_srs import Config", "of floor 8"),
    "the face itself from below": ("tools.play", "import trio_srs", "of floor 8"),
    "a brother": ("service.rtmp.play", "import trio_srs.service.http.live", "imports service http"),
    "what is shared by others": (
        "service.rtmp.play",
        "from trio_srs.service.segmented.site import SegmentedSite",
        "imports service segmented",
    ),
    "a service from what it shares": (
        "service.segmented.site",
        "from trio_srs.service.hls.site import HlsSite",
        "service segmented imports service hls",
    ),
    "a service from the base of all": (
        "service.base",
        "from trio_srs.service.rtmp.server import RtmpService",
        "service base imports service rtmp",
    ),
    "a service past the builder": (
        "server.run",
        "from trio_srs.service.rtmp.server import RtmpServer",
        "only server.build",
    ),
    "more than a section": (
        "config.schema",
        "from trio_srs.service.rtmp.server import RtmpServer",
        "only server.build",
    ),
    "trio on a pure floor": ("session.rtmp_core", "import trio", "trio is only for"),
    "sockets on a pure floor": ("wire.url", "from socket import inet_pton", "is only for"),
    "the clock": ("media.probe", "from time import monotonic", "time.monotonic is only for"),
    "chance": ("wire.rtmp.handshake", "import secrets", "secrets is only for"),
    "logging on a pure floor": ("session.rtmp_core", "import logging", "logging is only for"),
    "a coroutine": ("media.gop", "async def f() -> None: ...", "async def f on a pure floor"),
    "sockets in the hub": ("hub.hub", "import socket", "socket is not for hub"),
    "Trio's sockets in the hub": ("hub.hub", "import trio\ntrio.socket.socket()", "not for hub"),
    "media in net": ("net.link", "from trio_srs.media import frame", "not for net"),
    "h11 elsewhere": ("net.http_server", "import h11", "only for session.http_"),
    "structlog elsewhere": ("service.rtmp.server", "import structlog", "only for server.logs"),
    "cattrs below": ("wire.amf.amf0", "import cattrs", "cattrs is only for"),
    "an unknown third party": ("hub.hub", "import pandas", "ONLY_IN does not list"),
    "the environment elsewhere": ("server.run", "import os\nos.environ['X']", "os.environ is only"),
    "the environment by name": ("server.run", "from os import getenv", "os.getenv is only"),
    "basicConfig elsewhere": ("server.run", "import logging\nlogging.basicConfig()", "server.logs"),
    "a handler elsewhere": (
        "net.link",
        "import logging\nlog = logging.getLogger()\nlog.addHandler(None)",
        "only server.logs configures",
    ),
    "a long module": ("wire.bits", "#\n" * 597, "601 lines"),
    "a long function": ("wire.bits", "def f():\n" + "    f()\n" * 80, "f has 81 lines"),
    "a drawer": ("net.utils", "", "utils is no name"),
    "a second base": ("session.base2", "", "base2 is no name"),
    "a docstring like a name": (
        "tools.tally",
        'def close():\n    """Close the connection."""',
        "close is said to be 'Close the connection.'",
    ),
    "a manager": ("hub.stream", "class StreamManager: ...", "StreamManager"),
}

HEAD: Final = '"""A module."""\n\nfrom __future__ import annotations\n\n'


@pytest.mark.parametrize(("place", "text"), LEGAL.values(), ids=LEGAL)
def test_a_legal_module_is_accepted(place: str, text: str) -> None:
    assert complaints(f"{PACKAGE}.{place}", HEAD + text) == []


@pytest.mark.parametrize(("place", "text", "expected"), ILLEGAL.values(), ids=ILLEGAL)
def test_a_planted_violation_is_refused(place: str, text: str, expected: str) -> None:
    [complaint, *_] = complaints(f"{PACKAGE}.{place}", HEAD + text)
    assert expected in complaint


def test_a_module_without_docstring_is_refused() -> None:
    assert "no docstring" in complaints("trio_srs.wire.bits", "x = 1")[0]


def test_a_module_without_the_future_import_is_refused() -> None:
    assert "begins without" in complaints("trio_srs.wire.bits", '"""Bits."""\nx = 1')[0]
