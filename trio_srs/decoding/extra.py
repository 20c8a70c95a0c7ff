"""Whether what decodes is installed. Floor 2."""

from __future__ import annotations

from importlib.util import find_spec
from typing import ClassVar, Final

from trio_srs.errors import RefusedError

__all__ = ["DecoderNotInstalledError", "can_decode", "check_can_decode"]

_NEEDED: Final = ("av", "numpy")


class DecoderNotInstalledError(RefusedError):
    """What needs decoding was asked for, and the extra for it is not installed."""

    code = "decoder_not_installed"
    http_status: ClassVar[int] = 501


def _missing() -> list[str]:
    return [name for name in _NEEDED if find_spec(name) is None]


def can_decode() -> bool:
    """Whether a stream can be decoded."""
    return not _missing()


def check_can_decode(what: str) -> None:
    """See whether a stream can be decoded, before anything is run for its sake.

    Args:
        what: what needs it, to begin a sentence: ``"picture.black.frames"``.

    Raises:
        DecoderNotInstalledError: a package is missing; the text says what to install.
    """
    missing = _missing()
    if missing:
        raise DecoderNotInstalledError(
            f"{what} needs the decoded picture and sound, and {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not installed: "
            "pip install 'trio-srs[decode]'"
        )
