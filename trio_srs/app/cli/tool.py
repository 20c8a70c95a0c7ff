"""What the commands that talk to a server have in common. Floor 8."""

from __future__ import annotations

import argparse
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import trio

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.quantities import seconds
from trio_srs.app.cli.standard import OutputError
from trio_srs.app.cli.suggestions import suggested_url
from trio_srs.app.cli.terminal import complain, is_terminal
from trio_srs.errors import PeerError, RefusedError
from trio_srs.net.rtmp_client import ClientSettings, ServerRefusedError, client_tls
from trio_srs.tools.play import NoStreamError
from trio_srs.tools.tally import Tally
from trio_srs.wire.rtmp.status import StatusCode
from trio_srs.wire.url import RtmpUrl, UrlError

__all__ = [
    "add_connection_options",
    "in_words",
    "run_tool",
    "settings_from",
    "show_progress",
]

_REFRESH_S: Final = 0.2


def add_connection_options(parser: argparse.ArgumentParser, timeout_help: str) -> None:
    """Add what every command that connects can be told."""
    parser.add_argument(
        "url", metavar="URL", type=_stream_url, help="rtmp://host[:port]/app/stream, or rtmps://..."
    )
    parser.add_argument(
        "--timeout", metavar="TIME", type=seconds, default=10.0, help=f"{timeout_help} (10s)"
    )
    parser.add_argument(
        "--insecure", action="store_true", help="with rtmps://, accept any certificate"
    )


def _stream_url(text: str) -> str:
    """The URL of a stream, as it is."""
    try:
        if not RtmpUrl.parse(text).stream:
            raise UrlError(f"{text!r} names no stream: expected rtmp://host/app/stream")
    except UrlError as error:
        hint = suggested_url(text)
        raise argparse.ArgumentTypeError(f"{error}; {hint}" if hint else str(error)) from None
    return text


def settings_from(args: argparse.Namespace) -> ClientSettings:
    """What those options say."""
    tls = client_tls(insecure=True) if args.insecure else None
    return ClientSettings(timeout_s=args.timeout, tls=tls)


def run_tool(run: Callable[[], Awaitable[int]]) -> int:
    """Run a command under Trio; whatever the other side did wrong is one line, no traceback."""
    try:
        return trio.run(run)
    except UrlError as error:
        complain(str(error))
        return Exit.USAGE
    except OutputError as error:
        complain(str(error))
        return Exit.NOT_WRITTEN
    except NoStreamError as error:
        complain(str(error))
        return Exit.NO_STREAM
    except ServerRefusedError as error:
        complain(str(error))
        not_found = error.status == StatusCode.PLAY_STREAM_NOT_FOUND
        return Exit.NO_STREAM if not_found else Exit.FAILED
    except (PeerError, RefusedError) as error:
        complain(str(error))
        return Exit.FAILED
    except KeyboardInterrupt:
        complain("interrupted")
        return Exit.INTERRUPTED
    except BaseExceptionGroup as group:
        if group.split(KeyboardInterrupt)[1] is not None:
            raise
        complain("interrupted")
        return Exit.INTERRUPTED


@contextmanager
def show_progress(verb: str, *, quiet: bool) -> Iterator[Callable[[Tally], None] | None]:
    """Show, on a terminal, how far a command has come: call the result now and then.

    There is nothing to call where nobody looks.
    """
    if quiet or not is_terminal():
        yield None
        return
    from rich.console import Console  # only here: nothing else pays for it

    shown_at = -math.inf
    with Console(stderr=True).status(verb) as status:

        def update(tally: Tally) -> None:
            nonlocal shown_at
            now = trio.current_time()
            if now - shown_at >= _REFRESH_S:
                shown_at = now
                status.update(f"{verb}: {in_words(tally)}")

        yield update


def in_words(tally: Tally) -> str:
    """A tally in a few words."""
    return (
        f"{tally.media_s:.1f} s, {tally.video} video and {tally.audio} audio messages, "
        f"{tally.bytes / 1e6:.3f} MB"
    )
