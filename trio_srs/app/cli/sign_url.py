"""``trio-srs sign-url``: let somebody in until a time. Floor 8.

Sign the URL of a stream: whoever has it may play that stream, or publish it, until it expires. The
server needs the same key in access.url_keys, and a rule that says signed: "allow play signed".
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.quantities import seconds
from trio_srs.app.cli.terminal import say
from trio_srs.hub.access_rule import Permission
from trio_srs.hub.signed_url import signed_parameters
from trio_srs.wire.url import DEFAULT_VHOST, StreamName, StreamNameError, resolve

__all__ = ["configure", "run"]

_RTMP: Final = ("rtmp", "rtmps")
_HTTP: Final = ("http", "https", "ws", "wss")
_HOUR_S: Final = 3600.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("url", metavar="URL", help="rtmp://host/app/stream, http://.../stream.flv")
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument("--key-file", metavar="FILE", type=Path, help="the file that the key is in")
    keys.add_argument("--key-env", metavar="NAME", help="the variable that the key is in")
    parser.add_argument(
        "--for", metavar="WHAT", dest="permission", type=Permission, default=Permission.PLAY,
        choices=list(Permission), help="publish or play (play)",
    )  # fmt: skip
    parser.add_argument(
        "--expires-in", metavar="TIME", type=seconds, default=_HOUR_S, help="how long it opens (1h)"
    )
    parser.add_argument("--ip", metavar="ADDRESS", default="", help="the only address it is for")
    parser.add_argument(
        "--vhost", metavar="NAME", default=DEFAULT_VHOST,
        help="the virtual host, as it is configured, if it is not the default one",
    )  # fmt: skip


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Print the signed URL; return the exit code."""
    try:
        key = _key(args)
        stream = _stream(args.url)
        ip = str(ipaddress.ip_address(args.ip)) if args.ip else ""
    except (OSError, ValueError, StreamNameError) as error:
        parser.error(str(error))
    expires = int(time.time() + args.expires_in)
    signed = signed_parameters(key, args.permission, args.vhost, stream.path, expires, ip)
    parts = urlsplit(args.url)
    more = "&".join(f"{name}={value}" for name, value in signed.items())
    query = f"{parts.query}&{more}" if parts.query else more
    say(urlunsplit(parts._replace(query=query)))
    return Exit.OK


def _key(args: argparse.Namespace) -> str:
    if args.key_file is not None:
        key = args.key_file.read_text("utf-8").rstrip("\r\n")
    else:
        key = os.environ.get(args.key_env, "")
    if not key:
        raise ValueError("the key is empty, or there is no such variable")
    return str(key)


def _stream(url: str) -> StreamName:
    """Which stream a URL is of: of one of HTTP, without the ending that says the form."""
    parts = urlsplit(url)
    if parts.scheme not in (*_RTMP, *_HTTP) or "/" not in parts.path.strip("/"):
        raise ValueError(f"{url!r} is no URL of a stream, as rtmp://host/live/cam1 is")
    app, _, name = parts.path.rpartition("/")
    if parts.scheme in _HTTP:
        name = name.rpartition(".")[0] or name
    return resolve("", app, name)
