"""``trio-srs inspect``: a capture as a conversation. Floor 8.

Print what a client and a server said to each other: of a session that was captured ([capture] in
the configuration), or of RTMP in a file of tcpdump or Wireshark (pcap, pcapng). Each line has the
time, who spoke, the number of the message, its place in that direction, and its chunk stream.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.quantities import count, seconds
from trio_srs.app.cli.terminal import complain, say, say_json
from trio_srs.errors import RefusedError
from trio_srs.tools.inspect.capture_reader import read_captures
from trio_srs.tools.inspect.conversation import By, SaidMessage, Utterance, conversation
from trio_srs.tools.inspect.said_as_json import about_as_json, as_json_object, outcome_as_json
from trio_srs.tools.inspect.said_filter import TYPES, SaidFilter
from trio_srs.tools.inspect.said_in_words import beginning, chunks_in_words, ending, in_one_line
from trio_srs.wire.session_capture import SessionCapture

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="CAPTURE", type=Path, help="an .rtmpcap, pcap or pcapng")
    parser.add_argument(
        "--key-log", metavar="FILE", type=Path,
        help="keys of RTMPS in pcap or pcapng, as written to SSLKEYLOGFILE",
    )  # fmt: skip
    parser.add_argument(
        "--connection", metavar="N", type=count, help="of several connections this one only"
    )
    parser.add_argument(
        "--from", dest="by", choices=[each.value for each in By], help="what this side said"
    )
    parser.add_argument(
        "--type", dest="types", metavar="TYPE[,TYPE]", type=_types,
        help=f"messages of these types: {', '.join(TYPES)}, or a number",
    )  # fmt: skip
    parser.add_argument("--csid", metavar="N", type=count, help="messages of this chunk stream")
    parser.add_argument(
        "--after", metavar="TIME", type=seconds, default=0.0, help="from this time of the session"
    )
    parser.add_argument(
        "--before", metavar="TIME", type=seconds, default=math.inf, help="up to this time"
    )
    parser.add_argument(
        "--follow", metavar="N", type=count,
        help="the message of this number through its chunks, with what is in it",
    )  # fmt: skip
    parser.add_argument(
        "--json", action="store_true",
        help="a line of JSON for each message, with its chunks, and for each remark",
    )  # fmt: skip


def _types(text: str) -> frozenset[int]:
    """Message types, by words or numbers."""
    wanted: set[int] = set()
    for word in text.split(","):
        if word in TYPES:
            wanted |= TYPES[word]
        elif word.isdecimal() and int(word) < 256:
            wanted.add(int(word))
        else:
            known = ", ".join(TYPES)
            raise argparse.ArgumentTypeError(f"expected {known} or a number, not {word!r}")
    return frozenset(wanted)


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Print the conversation; return the exit code."""
    try:
        content = read_captures(args.file, args.key_log)
    except RefusedError as error:
        complain(str(error))
        return Exit.FAILED
    for each in content.passed_over:
        complain(f"passed over: {each}")
    sessions = content.sessions
    if args.connection is not None:
        sessions = tuple(s for s in sessions if s.about.get("session") == str(args.connection))
    if not sessions:
        complain(f"{args.file}: there is no RTMP in it")
        return Exit.NO_STREAM
    wanted = SaidFilter(
        by=None if args.by is None else By(args.by),
        types=args.types,
        csid=args.csid,
        after_s=args.after,
        before_s=args.before,
    )
    if args.follow is not None:
        return _follow(sessions, args)
    for session in sessions:
        said = (each for each in conversation(session) if wanted.wants(each))
        (_print_json if args.json else _print)(session, said)
    return Exit.OK


def _print(session: SessionCapture, said: Iterator[Utterance]) -> None:
    for line in chain(beginning(session), map(in_one_line, said), ending(session)):
        say(line)


def _print_json(session: SessionCapture, said: Iterator[Utterance]) -> None:
    say_json(about_as_json(session))
    for each in said:
        say_json(as_json_object(each))
    say_json(outcome_as_json(session))


def _follow(sessions: tuple[SessionCapture, ...], args: argparse.Namespace) -> int:
    """Show one message of each session."""
    found = False
    for session in sessions:
        for each in conversation(session):
            if isinstance(each, SaidMessage) and each.number == args.follow:
                found = True
                if args.json:
                    say_json({**as_json_object(each), "payload": each.message.payload.hex()})
                else:
                    for line in chunks_in_words(each):
                        say(line)
    if not found:
        complain(f"{args.file}: there is no message {args.follow}")
        return Exit.FAILED
    return Exit.OK
