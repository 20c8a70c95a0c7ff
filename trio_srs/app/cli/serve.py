"""``trio-srs serve``: run the server. Floor 8.

Run the server until it is stopped: SIGTERM and SIGINT stop it, SIGQUIT lets its sessions
finish, SIGHUP reloads the configuration. When it is up it says so in one line of JSON on
standard output, with the addresses it listens on.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
from collections.abc import Callable
from itertools import chain, starmap
from pathlib import Path

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.listen_address import listen_address
from trio_srs.app.cli.standard import put_bytes
from trio_srs.app.cli.terminal import complain, say
from trio_srs.config.load import PREFIX, ConfigError, Problem, load
from trio_srs.config.schema import Config

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "config", metavar="CONFIG.toml", nargs="?", type=Path,
        help="the configuration; without one, the defaults",
    )  # fmt: skip
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], dest="overrides",
        help="set one key, the value in TOML: --set 'rtmp.listen=[\"127.0.0.1:0\"]'; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--listen", metavar="ADDRESS", action="append", default=[], type=_address,
        help="listen here for RTMP, in place of rtmp.listen: 127.0.0.1:1935, or :1935 for every "
        "address; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--http", metavar="ADDRESS", action="append", default=[], type=_address,
        help="serve streams over HTTP here, in place of http.listen: 127.0.0.1:8080; "
        "repeatable; with --listen alone it is off",
    )  # fmt: skip
    parser.add_argument(
        "--api", metavar="ADDRESS", action="append", default=[], type=_address,
        help="serve the HTTP API here, in place of api.listen: 127.0.0.1:1985; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--fault", metavar="FAULT", action="append", default=[],
        help="do something wrong on purpose, in place of faults.rules: 'reset publish after=2s', "
        "'refuse publish app=live times=2'; repeatable; never in production",
    )  # fmt: skip
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="only check the configuration")
    instead.add_argument(
        "--print-config", action="store_true", help="only print the configuration in effect"
    )
    parser.add_argument(
        "--ready-file", metavar="FILE", type=_new_file,
        help="write the ready line to this file when every listener is up",
    )  # fmt: skip
    parser.add_argument(
        "--ready-fd", metavar="N", type=_open_fd,
        help="write the ready line to this file descriptor, and close it",
    )  # fmt: skip
    parser.add_argument(
        "--die-with-parent", action="store_true",
        help="stop when the process that started this one is gone",
    )  # fmt: skip


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Run the server, or only look at its configuration."""

    given = {"rtmp": args.listen, "http": args.http, "api": args.api}
    faults = [f"faults.rules={json.dumps(args.fault)}"] if args.fault else []
    overrides = [*args.overrides, *faults, *chain.from_iterable(starmap(_listening, given.items()))]

    def load_again() -> Config:
        return load(args.config, environ=os.environ, overrides=overrides)

    try:
        config = load_again()
    except ConfigError as error:
        _complain(error, args.config)
        return Exit.USAGE
    if args.print_config:
        from trio_srs.config.tables import print_config

        put_bytes(print_config(config).encode())  # TOML is UTF-8, whatever the terminal is
        return Exit.OK
    if args.check:
        return _check(config, args.config)
    return _serve(config, load_again, args)


def _listening(section: str, addresses: list[str]) -> list[str]:
    """The override that has a section listen on these, if any are given."""
    return [f"{section}.listen={json.dumps(addresses)}"] if addresses else []


def _check(config: Config, path: Path | None) -> int:
    """Say whether the configuration can be used, the files it names included."""
    from trio_srs.net.certificate import TlsConfigError, tls_context

    problems = []
    inside_tls = {"rtmps": config.rtmps, "https": config.https, "api_https": config.api_https}
    for name, section in inside_tls.items():
        try:
            tls_context(section)
        except TlsConfigError as error:
            problems.append(Problem(name, str(error)))
    if problems:
        _complain(ConfigError(problems), path)
        return Exit.USAGE
    say(f"{path or 'configuration'}: ok")
    return Exit.OK


def _serve(config: Config, load_again: Callable[[], Config], args: argparse.Namespace) -> int:
    from trio_srs.server.process import ProcessOptions, run_process
    from trio_srs.server.systemd import handed_over

    options = ProcessOptions(
        config_file=args.config,
        ready_file=args.ready_file,
        ready_fd=args.ready_fd,
        notify_socket=os.environ.get("NOTIFY_SOCKET", ""),
        inherited=handed_over(os.environ),
        die_with_parent=args.die_with_parent,
    )
    return run_process(config, load_again, options)


def _complain(error: ConfigError, path: Path | None) -> None:
    """Every problem on a line of its own, and how many there are."""
    for problem in error.problems:
        complain(_with_file(problem, path), by="")
    count = len(error.problems)
    plural = "" if count == 1 else "s"
    complain(f"{path or 'configuration'}: {count} problem{plural}", by="")


def _with_file(problem: Problem, path: Path | None) -> str:
    """Say which file it is in, unless it says so itself or came from somewhere else."""
    elsewhere = problem.where.startswith((PREFIX, "--set ", f"{path}"))
    elsewhere |= any(f" ({origin}" in problem.where for origin in (PREFIX, "--set "))
    return str(problem) if path is None or elsewhere else f"{path}: {problem}"


def _address(text: str) -> str:
    listen_address(text)
    return text


def _new_file(text: str) -> Path:
    path = Path(text)
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no directory {path.parent}")
    return path


def _open_fd(text: str) -> int:
    try:
        number = int(text)
        mode = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE
    except (ValueError, OSError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text} is no open file descriptor") from None
    if mode == os.O_RDONLY:
        raise argparse.ArgumentTypeError(f"{text} is open for reading only")
    return number
