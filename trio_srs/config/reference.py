"""config.toml and the reference page, written from the classes: defaults, units, meanings.

Floor 4. A setting is described once, in the docstring under its field. Run as
``python -m trio_srs.config.reference [--check] FILE...``: it writes each file, a page for
``.md`` and a configuration otherwise, or with ``--check`` says which are out of date.
"""

from __future__ import annotations

import ast
import enum
import functools
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import attrs

from trio_srs.config.keys import Key, keys
from trio_srs.config.render import key_path, show
from trio_srs.config.schema import Config
from trio_srs.config.sections import NARROWED, SECTIONS
from trio_srs.config.tables import tables
from trio_srs.config.vhost_scope import VhostConfig
from trio_srs.hub.ids import ProcessName
from trio_srs.net.address import Address
from trio_srs.secret import Secret
from trio_srs.service.capture.config import VhostCapture
from trio_srs.service.hooks.config import HookTargets
from trio_srs.units import Bytes, Seconds, Timeout

__all__ = ["config_toml", "main", "meanings", "reference_page"]

_KINDS: Final[dict[Any, str]] = {
    bool: "`true` or `false`",
    int: "whole number",
    str: "text",
    ProcessName: "text",
    Path: "path",
    Seconds: "duration",
    Timeout: 'duration or `"never"`',
    Bytes: "size",
    Secret: "secret",
}
_LISTS: Final[dict[Any, str]] = {
    Address: "list of addresses",
    str: "list of texts",
    Secret: "list of secrets",
    tuple[str, ...]: "list of lists of texts",
}

_UNITS: Final = """\
A duration is text with a unit, `"10s"`, `"350ms"`, `"5m"`, `"1h"`, or a number of seconds. \
A size is `"64KiB"`, `"32MiB"` (powers of 1024), `"10kB"`, `"5MB"` (powers of 1000), or a \
number of bytes. 0 means zero; off and for ever are the words `"off"` and `"never"`; only a \
port uses 0 for any free one. A relative path starts at the working directory."""

_SOURCES: Final = """\
`TRIO_SRS_SECTION__KEY` in the environment beats the file, and `--set section.key=value` on \
the command line beats both. The value is TOML in all three: \
`TRIO_SRS_RTMP__LISTEN='["127.0.0.1:0"]'`, `--set 'stream.gop_cache="off"'`. The environment \
reaches the sections below; the keys of applications and virtual hosts are for the file and \
`--set 'vhost."example.com".app.live.gop_cache="off"'`."""

_STRICT: Final = """\
Nothing is guessed: an unknown key, a value of the wrong type, a number out of range and a \
variable that begins with `TRIO_SRS_` and names no setting are errors, and all of them are \
reported at once."""

_SCOPES: Final = """\
Every key of `[stream]` may also be given for one application, for one virtual host, and for \
the streams of an application whose name matches a pattern (`*`, `?`, `[abc]`). Key by key, \
the most specific wins, and what is said of a virtual host beats what is said of all: \
`[stream]`, then `[app.A]`, `[app.A.stream.P]`, `[vhost.V]`, `[vhost.V.app.A]`, \
`[vhost.V.app.A.stream.P]`. A virtual host is one tenant: a general section never changes \
what was said for it. Of several patterns that match, the longer is stronger, and the very \
name is strongest. A host that is not configured belongs to `__defaultVhost__`, which may be \
configured like any other."""

_NARROWED: Final = """\
The same places may have tables `hls` and `dash`, with keys of these sections: `[app.A.hls]`, \
`[app.A.stream.P.dash]`, `[vhost.V.hls]`. Only {everywhere} hold for the whole server, and are \
given in `[hls]` and `[dash]` alone. `enabled` there says whether these streams are served so, and \
may be true where it is false for all; a server that was started without any such stream begins \
with it at a restart."""

_EXAMPLES: Final = """\
[app.live]
gop_cache = "5s"

[app.live.stream."cam*"]
publish_busy = "replace"

[app.live.stream."cam*".hls]
segment = "6s"
folder = "/var/www/cameras"

[vhost."example.com"]
enabled = true
aliases = ["www.example.com"]
publish_idle_timeout = "1m"

[vhost."example.com".hooks]
on_publish = ["https://platform.example.com/on_publish"]

[vhost."example.com".app.live]
timestamps = "rebase"

[vhost."example.com".app.live.stream."exam-?"]
play_missing = "refuse"
"""


def meanings(section: type) -> dict[str, str]:
    """The docstring under each field of a class, its own or inherited, as one line of text."""
    found: dict[str, str] = {}
    for definition in map(_definition, filter(attrs.has, reversed(section.__mro__))):
        for field, text in zip(definition.body, definition.body[1:], strict=False):
            match field, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(words))),
                ):
                    found[name] = " ".join(words.split())
    return found


@functools.cache
def _definition(section: type) -> ast.ClassDef:
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    assert isinstance(definition, ast.ClassDef)
    return definition


def config_toml() -> str:
    """The text of ``config.toml``: every key at its default, with its unit and meaning."""
    parts = [
        "# trio-srs: every setting, at its default.",
        "# Written by `python -m trio_srs.config.reference config.toml`; edit a copy at will.",
        *(f"#\n{_comment(text)}" for text in (_UNITS, _SOURCES, _STRICT)),
    ]
    for table in tables(Config()):
        section = SECTIONS[table.path[0]].kind
        parts += ["", _comment(_summary(section)), f"[{key_path(table.path)}]"]
        about = meanings(section)
        for key, value in table.entries:
            parts += ["", _comment(about[key.name]), _comment(f"({_kind(key)}{_restart(key)})")]
            parts.append(f"{key.name} = {show(value, key.inner)}")
    parts += [
        "",
        _comment(_SCOPES),
        "#",
        _comment(_narrowed()),
        "#",
        textwrap.indent(_EXAMPLES, "# ", lambda _: True),
    ]
    return "\n".join(line.rstrip() for line in "\n".join(parts).split("\n")).rstrip() + "\n"


def reference_page() -> str:
    """The text of the reference page, in Markdown."""
    parts = [
        "# Configuration",
        "Written by `python -m trio_srs.config.reference docs/reference/configuration.md`.",
        _UNITS,
        _SOURCES,
        _STRICT,
        "A reload changes what is marked *live*, for the connections, publishes and plays that "
        "begin after it; the rest needs a restart.",
    ]
    for table in tables(Config()):
        section = SECTIONS[table.path[0]].kind
        parts += [f"## `[{key_path(table.path)}]`", _summary(section), _rows(section)]
    parts += ["## `[app]` and `[vhost]`", _SCOPES, _narrowed(), f"```toml\n{_EXAMPLES}```"]
    parts += ["A virtual host has these keys of its own:", _rows(VhostConfig)]
    targets = ", ".join(f"`{name}`" for name in keys(HookTargets))
    parts += [f"`[vhost.V.hooks]` has these keys of `[hooks]`: {targets}. {_summary(HookTargets)}"]
    parts += [f"`[vhost.V.capture]` has one key of `[capture]`, `when`. {_summary(VhostCapture)}"]
    return "\n\n".join(parts) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write or check the files; the exit code is 1 when a checked one is out of date."""
    files = [Path(name) for name in arguments if name != "--check"]
    check, stale = "--check" in arguments, False
    for file in files:
        render: Callable[[], str] = reference_page if file.suffix == ".md" else config_toml
        text = render()
        if not check:
            file.write_text(text, "utf-8")
        elif not file.exists() or file.read_text("utf-8") != text:
            stale = True
            sys.stderr.write(f"{file} is out of date: python -m trio_srs.config.reference {file}\n")
    return 1 if stale or not files else 0


def _narrowed() -> str:
    """Which keys of other sections may be given for some streams."""
    every = (key for name in NARROWED for key in keys(SECTIONS[name].kind).values())
    names = dict.fromkeys(f"`{key.name}`" for key in every if key.everywhere)
    return _NARROWED.format(everywhere=", ".join(names))


def _rows(section: Any) -> str:
    about = meanings(section)
    rows: Iterator[str] = (
        f"| `{key.name}` | `{show(key.default, key.inner)}` | {_kind(key)} "
        f"| {'live' if key.live else 'restart'} | {about[key.name]} |"
        for key in keys(section).values()
        if key.name not in {"settings", "app", "hooks", "capture", *NARROWED}
    )
    return "\n".join(["| key | default | value | reload | meaning |", "| --- " * 5 + "|", *rows])


def _kind(key: Key) -> str:
    kind = key.inner
    if get_origin(kind) is tuple:
        text = _LISTS[get_args(kind)[0]]
    elif isinstance(kind, type) and issubclass(kind, enum.StrEnum):
        text = "one of " + ", ".join(f'`"{word}"`' for word in kind)
    else:
        text = _KINDS[kind]
    if key.optional:
        text += ' or `"off"`'
    return text if key.valid is None else f"{text}; {key.valid}"


def _restart(key: Key) -> str:
    return "" if key.live else "; a change needs a restart"


def _summary(section: type) -> str:
    return inspect.cleandoc(section.__doc__ or "")


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in textwrap.wrap(text, 96))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
