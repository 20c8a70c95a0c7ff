"""Names of streams as people write them: ``live/cam1``, a URL, with parameters or without. Floor 0.

One function for everybody who takes such a name: the HTTP API, the fixtures and the command line.
What it lets through means what a server makes of the same words from a peer
(:func:`~trio_srs.wire.url.resolve`); what names no stream is refused with the way to say it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from trio_srs.wire.url import DEFAULT_VHOST, RtmpUrl, StreamName, StreamNameError, resolve

__all__ = ["key_of", "parse_stream", "split_key", "stream_key"]

_FORM: Final = "expected APP/NAME, such as live/cam1, or a whole rtmp:// URL"
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST_FIRST: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^/:?#]+):[0-9]{1,5}/")
_SOME_HOST: Final = "rtmp://host/"


def parse_stream(text: str) -> StreamName:
    """Read the name of a stream: ``live/cam1``, ``/live/cam1`` or ``rtmp://host/live/cam1``.

    Empty segments and ``_definst_`` are left out, as a server does. Parameters are taken along:
    one that says ``vhost`` says which virtual host is meant, and so does the host of a URL.

    Returns:
        The vhost is :data:`~trio_srs.wire.url.DEFAULT_VHOST` if the text says none.

    Raises:
        StreamNameError: it names an application only, or nothing, or lacks ``rtmp://``; the
            text says what to write.
        UrlError: it is a URL of another kind, or none that can be used.
    """
    is_url = _URL.match(text) is not None
    path = text.lstrip("/")
    if not is_url and not path:
        raise StreamNameError(f"the name of the stream is empty: {_FORM}")
    if _HOST_FIRST.match(text):
        raise StreamNameError(
            f"{text!r} begins with a host and a port: {_FORM}; did you mean {f'rtmp://{text}'!r}?"
        )
    url = RtmpUrl.parse(text if is_url else _SOME_HOST + path)
    if not url.stream and "/" not in url.app.strip("/"):
        raise StreamNameError(_without_stream(text, url.app))
    return resolve(url.tc_url if is_url else "", url.app, url.stream_key)


def _without_stream(text: str, word: str) -> str:
    """Why one word is not enough: it is the application of a URL, and else the name as a rule."""
    if text.endswith("/") or _URL.match(text):
        return f"{text!r} names an application and no stream: {_FORM}"
    return f"{text!r} has no application: {_FORM}; did you mean {f'live/{word}'!r}?"


def key_of(vhost: str, path: str) -> str:
    """The name under which a server keeps a stream, and shows it: ``live/cam1``.

    In front of it stands the virtual host, unless that is the default one.

    Args:
        vhost: the configured one.
        path: the application and the name, ``app/name``.
    """
    return path if vhost == DEFAULT_VHOST else f"{vhost}/{path}"


def split_key(key: str, vhost_of: Callable[[str], str]) -> StreamName:
    """The opposite of :func:`key_of`: the last segment is the name, and what is before it the
    application.

    Args:
        vhost_of: as for :func:`stream_key`.
    """
    vhost, path = DEFAULT_VHOST, key
    first, _, rest = key.partition("/")
    if "/" in rest and vhost_of(first) == first:
        vhost, path = first, rest
    app, _, name = path.rpartition("/")
    return StreamName(vhost, app, name)


def stream_key(stream: StreamName, vhost_of: Callable[[str], str], vhost: str = "") -> str:
    """The name under which a server keeps a stream that somebody named; see :func:`key_of`.

    What begins with the virtual host already, as names that a server shows, does not get it again.

    Args:
        vhost_of: the configured virtual host that a host name stands for, or the default one.
        vhost: a host name that counts more than what is in the name.
    """
    known, path = vhost_of(vhost or stream.vhost), stream.path
    if path.startswith(f"{known}/") and path.count("/") > 1:
        return path
    return key_of(known, path)
