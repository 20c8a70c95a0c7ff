"""The three families of errors, and the rule that every class has a code of its own."""

from __future__ import annotations

import pytest

from trio_srs.errors import (
    EndReason,
    InternalError,
    PeerError,
    ProtocolError,
    RefusedError,
    TrioSrsError,
)


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, type[TrioSrsError]]:
    """A copy of the registry: classes made by a test are forgotten after it."""
    copy = dict(TrioSrsError.registry)
    monkeypatch.setattr(TrioSrsError, "registry", copy)
    return copy


def test_a_class_is_registered_under_its_code(registry: dict[str, type[TrioSrsError]]) -> None:
    class ColdError(ProtocolError):
        code = "cold"

    assert registry["cold"] is ColdError
    assert ColdError.end is EndReason.PROTOCOL_ERROR


def test_a_class_without_a_code_of_its_own_fails_at_import() -> None:
    with pytest.raises(TypeError, match="ColdError needs an error code of its own, not 'refused'"):

        class ColdError(RefusedError):
            pass


def test_a_code_already_taken_fails_at_import() -> None:
    with pytest.raises(TypeError, match="ColdError needs an error code of its own, not 'refused'"):

        class ColdError(RefusedError):
            code = "refused"


@pytest.mark.parametrize(
    ("family", "end"),
    [
        (InternalError, EndReason.INTERNAL_ERROR),
        (PeerError, EndReason.PEER_RST),
        (ProtocolError, EndReason.PROTOCOL_ERROR),
        (RefusedError, EndReason.REFUSED),
    ],
)
def test_a_family_ends_its_session_for_its_own_reason(
    family: type[TrioSrsError], end: EndReason
) -> None:
    assert family("cold").end is end


def test_an_end_reason_is_its_word() -> None:
    assert f"{EndReason.PEER_FIN}" == "peer_fin"
    assert all(reason == reason.name.lower() for reason in EndReason)
