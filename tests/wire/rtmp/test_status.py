"""The words of onStatus, and their levels."""

from __future__ import annotations

import pytest

from trio_srs.errors import PeerError, RefusedError
from trio_srs.wire.rtmp.status import StatusCode, StatusLevel, level_of

LEVELS = {
    "NetConnection.Connect.Success": "status",
    "NetConnection.Connect.Rejected": "error",
    "NetConnection.Connect.Failed": "error",
    "NetConnection.Connect.Closed": "status",
    "NetConnection.Connect.AppShutdown": "error",
    "NetConnection.Connect.InvalidApp": "error",
    "NetConnection.Connect.ReconnectRequest": "status",
    "NetConnection.Call.Failed": "error",
    "NetStream.Publish.Start": "status",
    "NetStream.Publish.BadName": "error",
    "NetStream.Publish.Denied": "error",
    "NetStream.Publish.Idle": "status",
    "NetStream.Unpublish.Success": "status",
    "NetStream.Play.Start": "status",
    "NetStream.Play.Reset": "status",
    "NetStream.Play.Stop": "status",
    "NetStream.Play.Complete": "status",
    "NetStream.Play.Failed": "error",
    "NetStream.Play.StreamNotFound": "error",
    "NetStream.Play.InsufficientBW": "status",
    "NetStream.Play.PublishNotify": "status",
    "NetStream.Play.UnpublishNotify": "status",
    "NetStream.Play.Switch": "status",
    "NetStream.Play.Transition": "status",
    "NetStream.Pause.Notify": "status",
    "NetStream.Unpause.Notify": "status",
    "NetStream.Seek.Notify": "status",
    "NetStream.Seek.Failed": "error",
    "NetStream.Data.Start": "status",
    "NetStream.Failed": "error",
    "NetStream.Record.Start": "status",
    "NetStream.Record.Stop": "status",
    "NetStream.Record.NoAccess": "error",
    "NetStream.Record.Failed": "error",
}


def test_the_table_has_every_code() -> None:
    assert set(LEVELS) == set(StatusCode)


@pytest.mark.parametrize(("code", "level"), LEVELS.items(), ids=list(LEVELS))
def test_every_code_has_its_level(code: str, level: str) -> None:
    assert level_of(code) == level


@pytest.mark.parametrize("family", [PeerError, RefusedError])
def test_what_an_error_tells_the_peer_is_an_error(
    family: type[PeerError] | type[RefusedError],
) -> None:
    assert level_of(family.rtmp_status) is StatusLevel.ERROR


def test_a_word_nobody_knows_has_no_level() -> None:
    with pytest.raises(ValueError, match=r"'NetStream\.Play\.Maybe' is not a valid StatusCode"):
        level_of("NetStream.Play.Maybe")
