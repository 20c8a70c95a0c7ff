"""From a configuration to the captures of a server. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trio_srs.service.base import Parts

if TYPE_CHECKING:
    from trio_srs.service.capture.service import CaptureSections, CaptureService

__all__ = ["make_capture"]


def make_capture(parts: Parts, config: CaptureSections) -> CaptureService:
    """Make the service. It does nothing before the configuration asks for it, which it may at any
    time."""
    from trio_srs.service.capture.service import CaptureService  # few can ask for it

    return CaptureService(config, parts)
