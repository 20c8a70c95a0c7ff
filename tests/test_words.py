"""One word, one thing: a name stands for the same wherever it is read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tests.test_layers import PATHS

CLASS: Final = re.compile(r"(?m)^ *class (\w+)[(\[:]")
SAME: Final[Mapping[str, str]] = {
    "base": "what those beside it have in common",
    "client": "who connects to a server",
    "conduct": "how a publisher behaves",
    "config": "the section of the configuration that its service has",
    "conformance": "whether somebody keeps to what is agreed: a transport, or an encoder",
    "connection": "a connection of its service",
    "context": "what the connections of its service share",
    "ids": "by which one is told from others: a codec, or a session",
    "load": "the command `load`, or what it does; of the configuration, reading it",
    "faults": "faults that are asked for: by a test; in `routes`, by the API",
    "fork_server": "the process that processes are forked from: its end of the line, and ours",
    "make": "makes its service of its section",
    "play": "playing a stream: the command, what it does, and the server's side",
    "playing": "a play from its beginning to its end: anybody's; in `child`, a process's of a test",
    "probe": "finding out what a stream is made of: the command, what it does, and how",
    "process": "the process that a server runs in, and its section",
    "publish": "publishing a stream: the command, what it does, and the server's side",
    "publishing": "a publish from its beginning to its end: likewise",
    "reference": "writes a page of the reference",
    "reports": "the reports of publishes; in `routes`, asking for them",
    "rtmp_client": "the client's side of RTMP: without I/O, and over a connection",
    "run": "carries out what was planned or configured, from beginning to end",
    "schema": "all that there may be: in a configuration, or in the answers of the API",
    "server": "a server: of RTMP, of a test; in `routes`, asking about it",
    "service": "a service that listens nowhere, from its start to its end",
    "serving": "runs a server for as long as a block lasts",
    "sessions": "the sessions of a server; in `routes`, asking about them",
    "site": "what is answered under the paths of streams in segments: of any form, or of one",
    "source": "what is published where nobody has brought anything",
    "streams": "streams; in `routes`, asking about them",
    "suggestions": "what was meant by a word that we do not have",
    "viewer": "a viewer: of an endless answer, or of segments",
    "waiting": "waiting until a publish has come so far; in `routes`, asking for that",
}
"""File names that are used more than once, and what each of them means in every place."""


def repeated(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The names that more than one place has, with those places."""
    places = defaultdict(list)
    for name, place in named:
        places[name].append(place)
    return {name: there for name, there in places.items() if len(there) > 1}


def classes() -> Iterator[tuple[str, str]]:
    for module, path in PATHS.items():
        for found in CLASS.finditer(path.read_text()):
            yield found[1], f"{module}: {found[0]}"


def files() -> Iterator[tuple[str, str]]:
    for module in PATHS:
        name = module.rpartition(".")[2]
        if not name.startswith("__"):
            yield name, module


def test_a_class_name_stands_for_one_class() -> None:
    assert repeated(classes()) == {}


def test_a_file_name_means_the_same_wherever_it_is_used() -> None:
    there = repeated(files())
    assert {name: places for name, places in there.items() if name not in SAME} == {}
    assert set(there) >= set(SAME), "some are used once only: take them off the table"


def test_a_name_that_is_used_twice_is_found() -> None:
    named = [("Desk", "a:1"), ("Desk", "b:7"), ("Bench", "a:9")]
    assert repeated(named) == {"Desk": ["a:1", "b:7"]}
