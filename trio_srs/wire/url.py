"""RTMP URLs, and what vhost, app and name a publish or play means. Floor 0.

Two things that look alike: :class:`RtmpUrl` is what a person gives a client, and
:func:`resolve` is what a server makes of a ``connect`` command's ``tcUrl`` and ``app`` and
the name in ``publish`` or ``play``. Nothing is percent-decoded in names, as no RTMP peer
does; only the values of parameters are.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from typing import ClassVar, Final, Self
from urllib.parse import unquote

import attrs

from trio_srs.errors import RefusedError

__all__ = [
    "DEFAULT_APP",
    "DEFAULT_PORTS",
    "DEFAULT_VHOST",
    "MAX_NAME_BYTES",
    "MAX_SEGMENT_BYTES",
    "RtmpUrl",
    "StreamName",
    "StreamNameError",
    "UrlError",
    "check_name",
    "parse_query",
    "resolve",
]

DEFAULT_VHOST: Final = "__defaultVhost__"
"""The vhost of a peer that names no host at all; the word is SRS's."""
DEFAULT_APP: Final = "__defaultApp__"
"""The app of a peer that names none; the word is SRS's."""
DEFAULT_PORTS: Final[Mapping[str, int]] = {"rtmp": 1935, "rtmps": 443}
"""Port by scheme, for a URL without one. 443 is what RTMPS clients and services use."""

MAX_NAME_BYTES: Final = 512
"""Longest vhost, app or name, in UTF-8: well above any stream key seen in the field."""
MAX_SEGMENT_BYTES: Final = 200
"""Longest part between two slashes: a file name holds 255, less a suffix of a recorder's."""

_REMEMBERED_MOST: Final = 256
"""Characters of what a peer said about a stream that are remembered: a crowd says the same."""
_SECRETIVE: Final = frozenset("?#@")
"""In front of parameters, or behind a password: nothing to be remembered."""
_INSTANCE: Final = "_definst_"  # the default instance of an app, as Adobe's servers name it
_VHOST_KEYS: Final = ("vhost", "domain")
_LEGACY_VHOST: Final = re.compile(r"\.\.\.(?:vhost|domain)\.\.\.([^/?#&]*)")
_AUTHORITY: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)(.*)", re.DOTALL)
_HOST_PORT: Final = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(?::([0-9]{0,5}))?")
_FORBIDDEN: Final = frozenset("\\?#")
_FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Zl", "Zp"})  # control, and line breaks


class StreamNameError(RefusedError):
    """A vhost, app or stream name that is empty, too long, or not fit to be a file's name."""

    code = "bad_stream_name"
    srs_code = 2051
    rtmp_status: ClassVar[str] = "NetStream.Failed"
    http_status: ClassVar[int] = 400


class UrlError(RefusedError):
    """Not an RTMP URL, or one of a kind that is not supported."""

    code = "bad_url"
    srs_code = 2006
    http_status: ClassVar[int] = 400


@attrs.frozen
class StreamName:
    """Which stream a publish or play means, and the parameters that came with it.

    All three names have passed :func:`check_name`.
    """

    vhost: str
    """As the peer said it; mapping an unknown one to the default is the caller's part."""
    app: str
    """One or more segments, ``live`` or ``live/room``."""
    name: str
    """One or more segments, mostly one."""
    query: str = attrs.field(default="", eq=False)
    """Every parameter of tcUrl, app and name, joined by ``&``; no part of the identity."""

    @property
    def path(self) -> str:
        """``app/name``: clients cut the same URL at different slashes, this is the same for all."""
        return f"{self.app}/{self.name}"

    @property
    def stream_url(self) -> str:
        """``/app/name`` of the default vhost, else ``vhost/app/name``; the word is SRS's."""
        return f"{'' if self.vhost == DEFAULT_VHOST else self.vhost}/{self.path}"

    @property
    def params(self) -> dict[str, str]:
        """The query's parameters, decoded; the last of a key counts, which is the name's own."""
        return parse_query(self.query)


@attrs.frozen
class RtmpUrl:
    """An ``rtmp://`` or ``rtmps://`` URL, taken apart for a client."""

    scheme: str
    host: str
    """Lower case; an IPv6 address stands here without its brackets."""
    port: int
    app: str
    """What ``connect`` says: with its own query in the form ``app?k=v/stream``."""
    stream: str
    """What ``publish`` or ``play`` says, less the query. Empty if the URL names an app only."""
    query: str = ""
    """What follows the stream's ``?``."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a URL apart: the last segment of its path is the stream, what is before the app.

        A path of one segment is an app, unless a query with a slash follows it (the form
        of Flash Media Live Encoder, ``app?k=v/stream``).

        Raises:
            UrlError: another scheme, no host, a bad port, a user and password, or no app.
        """
        scheme, host, port, rest = _split_authority(text)
        path, _, query = rest.replace("#", "?").lstrip("/").partition("?")
        app, _, stream = path.rpartition("/")
        if not path:
            raise UrlError(f"{text!r} has no app: expected rtmp://host/app/stream")
        if not app:
            parameters, stream, query = _cut_stream(query)
            app = f"{path}?{parameters}" if parameters else path
        return cls(scheme, host, port, app, stream, query.replace("?", "&"))

    @property
    def authority(self) -> str:
        """``host``, ``host:port`` or ``[address]:port``; the port only if it is unusual."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def tc_url(self) -> str:
        """What ``connect`` says as ``tcUrl``: the URL as far as the app."""
        return f"{self.scheme}://{self.authority}/{self.app}"

    @property
    def stream_key(self) -> str:
        """The stream with its query, as ``publish`` and ``play`` say it."""
        return f"{self.stream}?{self.query}" if self.query else self.stream

    def __str__(self) -> str:
        """Return the whole URL."""
        if self.stream_key or "/" in self.app:  # a slash last: without it, the app's tail is read
            return f"{self.tc_url}/{self.stream_key}"
        return self.tc_url


def _split_authority(text: str) -> tuple[str, str, int, str]:
    """Split a URL into scheme, host, port and the rest, as :meth:`RtmpUrl.parse` promises."""
    scheme = text.partition("://")[0].lower()
    found = _AUTHORITY.fullmatch(text)
    if found is None or scheme not in DEFAULT_PORTS:
        raise UrlError(f"{text!r} is no RTMP URL: expected rtmp:// or rtmps://")
    authority, rest = found.groups()
    if "@" in authority:  # the text is not repeated: it has a password in it
        raise UrlError("a user and password in an RTMP URL are not supported: use parameters")
    parts = _HOST_PORT.fullmatch(authority)
    host = (parts[1] or parts[2] or "") if parts else ""
    if parts is None or not host:
        raise UrlError(f"{text!r} has no host, or a bad port: {authority!r}")
    port = int(parts[3] or DEFAULT_PORTS[scheme])
    if not 0 < port < 2**16:
        raise UrlError(f"{text!r} has port {port}, expected 1 to 65535")
    return scheme, host.lower(), port, rest


def parse_query(query: str) -> dict[str, str]:
    """Read ``k=v&k2=v2``, with or without its ``?``, percent-decoded; ``+`` stays a plus.

    A key without ``=`` has the value ``""``, and the last of equal keys counts.
    """
    pairs = (part.partition("=") for part in query.lstrip("?").split("&") if part)
    return {unquote(key): unquote(value) for key, _, value in pairs}


def resolve(tc_url: str, app: str, stream: str) -> StreamName:
    """Find out which stream a peer means, as SRS does.

    Args:
        tc_url: the ``tcUrl`` of ``connect``, or ``""``. It says the host, and the app if
            ``app`` does not.
        app: the ``app`` of ``connect``.
        stream: the name in ``publish`` or ``play``, with parameters behind ``?`` (or ``#``).

    Returns:
        The vhost is the parameter ``vhost`` or ``domain`` of the stream, app or tcUrl (the
        first that has one), or the legacy ``app...vhost...X``, or the host of the tcUrl, or
        :data:`DEFAULT_VHOST`. The app defaults to :data:`DEFAULT_APP`. An empty stream is
        the last segment of the app, or what follows a slash in its query
        (``app?k=v/stream``). Empty segments and ``_definst_`` are left out.

    Raises:
        StreamNameError: there is no name, or one of the three fails :func:`check_name`.

    Source:
        SRS 7, ``srs_discovery_tc_url`` and ``srs_guess_stream_by_app``, with two
        differences: a stream name keeps its slashes here, and a name that is guessed from
        the app is its last segment.
    """
    said = f"{tc_url} {app} {stream}"
    if len(said) > _REMEMBERED_MOST or not _SECRETIVE.isdisjoint(said):
        return _resolve.__wrapped__(tc_url, app, stream)
    return _resolve(tc_url, app, stream)


@functools.lru_cache(maxsize=256)
def _resolve(tc_url: str, app: str, stream: str) -> StreamName:
    found = _AUTHORITY.fullmatch(tc_url)
    authority, tc_path = found.groups() if found else ("", "")
    tc_app, tc_query = _split_query(tc_path)
    app, app_query = _split_query(app)
    name, query = _split_query(stream)
    app, name = _tidy(app) or _tidy(tc_app), _tidy(name)
    if not name:
        app, _, name = app.rpartition("/") if "/" in app else (app, "", "")
    if not name:
        tc_query, tc_name, tc_own = _cut_stream(tc_query.rstrip("/"))
        app_query, name, own = _cut_stream(app_query.rstrip("/"))
        name, own = (name, own) if name else (tc_name, tc_own)
        query = _join((own, query))
    queries = (tc_query.rstrip("/"), app_query.rstrip("/"), query)
    vhost = _vhost_of(queries) or _host_of(authority) or DEFAULT_VHOST
    if "/" in check_name("vhost", vhost):
        raise StreamNameError(f"vhost {vhost!r} has a slash")
    check_name("app", app := app or DEFAULT_APP)
    check_name("stream name", name)
    return StreamName(vhost, app, name, _join(queries))


def check_name(kind: str, text: str) -> str:
    r"""Return ``text`` if it may name a stream, and so a file below some folder.

    That is: not empty, at most :data:`MAX_NAME_BYTES` in all and :data:`MAX_SEGMENT_BYTES`
    between slashes, valid Unicode, no control character or line break, no ``\``, ``?`` or
    ``#``, and no segment that is empty, ``.`` or ``..``.

    Args:
        kind: what the text is, for the error: "app", "stream name".

    Raises:
        StreamNameError: it may not; the text says why.
    """
    if not text:
        raise StreamNameError(f"the {kind} is empty")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as exc:
        raise StreamNameError(f"{kind} {text[:64]!r} is not valid Unicode") from exc
    if size > MAX_NAME_BYTES:
        raise StreamNameError(f"{kind} of {size} bytes, the limit is {MAX_NAME_BYTES}")
    for at, char in enumerate(text):
        if char in _FORBIDDEN or unicodedata.category(char) in _FORBIDDEN_CATEGORIES:
            raise StreamNameError(f"{kind} {text!r} has {char!r} at character {at}")
    for segment in text.split("/"):
        if segment in ("", ".", ".."):
            raise StreamNameError(f"{kind} {text!r} has the segment {segment!r}")
        if (size := len(segment.encode())) > MAX_SEGMENT_BYTES:
            raise StreamNameError(
                f"{kind} has a segment of {size} bytes, the limit is {MAX_SEGMENT_BYTES}"
            )
    return text


def _split_query(text: str) -> tuple[str, str]:
    """Split a path from its parameters, a legacy vhost counting as one of them."""
    legacy = _LEGACY_VHOST.search(text)
    if legacy:
        text = text[: legacy.start()] + text[legacy.end() :]
    path, _, query = text.replace("#", "?").partition("?")
    return path, _join((f"vhost={legacy[1]}", query)) if legacy else query


def _tidy(path: str) -> str:
    return "/".join(part for part in path.split("/") if part and part != _INSTANCE)


def _cut_stream(query: str) -> tuple[str, str, str]:
    """Split ``k=v/stream?k2=v2`` into the parameters, the stream and its own parameters.

    Without a slash all are the first's.
    """
    head, _, own = query.partition("?")
    if "/" not in head:
        head, own = query.replace("?", "&"), ""
    parameters, slash, stream = head.rpartition("/")
    return (parameters, stream, own) if slash else (head, "", "")


def _vhost_of(queries: tuple[str, ...]) -> str:
    """Find the vhost in the parameters; the last text, which is the stream's, counts first."""
    for query in reversed(queries):
        params = parse_query(query.replace("?", "&"))
        for key in _VHOST_KEYS:
            if params.get(key):
                return params[key].lower() if params[key] != DEFAULT_VHOST else DEFAULT_VHOST
    return ""


def _host_of(authority: str) -> str:
    """Return the host in an authority, or the whole of one that makes no sense."""
    authority = authority.rpartition("@")[2]
    parts = _HOST_PORT.fullmatch(authority)
    return (parts[1] or parts[2] or "" if parts else authority).lower()


def _join(queries: tuple[str, ...]) -> str:
    """Join parameters, leaving out a text that says again what an earlier one said."""
    return "&".join(dict.fromkeys(query.replace("?", "&") for query in queries if query))
