"""Peers, streams and servers for tests, ours and yours. Floor 7.

The names here are imported when first asked for: the plugin costs a test run that does not use
it next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from trio_srs.media.expect import ExpectationError as ExpectationError
    from trio_srs.media.expect import absent as absent
    from trio_srs.media.expect import approx as approx
    from trio_srs.media.expect import at_least as at_least
    from trio_srs.media.expect import at_most as at_most
    from trio_srs.media.expect import between as between
    from trio_srs.media.expect import has as has
    from trio_srs.media.expect import less_than as less_than
    from trio_srs.media.expect import matches as matches
    from trio_srs.media.expect import more_than as more_than
    from trio_srs.media.expect import one_of as one_of
    from trio_srs.media.expect import present as present
    from trio_srs.media.expect import unlike as unlike
    from trio_srs.testing.authority import CertificateAuthority as CertificateAuthority
    from trio_srs.testing.clients import PlayerProcess as PlayerProcess
    from trio_srs.testing.clients import PublisherProcess as PublisherProcess
    from trio_srs.testing.expecting import expect as expect
    from trio_srs.testing.faults import FaultNotTakenError as FaultNotTakenError
    from trio_srs.testing.faults import RequestedFault as RequestedFault
    from trio_srs.testing.hook_recorder import HookNotCalledError as HookNotCalledError
    from trio_srs.testing.hook_recorder import HookRecorder as HookRecorder
    from trio_srs.testing.looking import NothingToJudgeError as NothingToJudgeError
    from trio_srs.testing.looking import report_of as report_of
    from trio_srs.testing.server import NothingPublishedError as NothingPublishedError
    from trio_srs.testing.server import NotInTimeError as NotInTimeError
    from trio_srs.testing.server_namespace import ServerNamespace as ServerNamespace
    from trio_srs.testing.server_process import ServerProcess as ServerProcess
    from trio_srs.testing.server_thread import ServerThread as ServerThread
    from trio_srs.testing.starting import StartPlayer as StartPlayer
    from trio_srs.testing.starting import StartPublisher as StartPublisher
    from trio_srs.testing.starting import StartServer as StartServer
    from trio_srs.testing.unittest_case import RtmpServerTestCase as RtmpServerTestCase

__all__ = [
    "CertificateAuthority",
    "ExpectationError",
    "FaultNotTakenError",
    "HookNotCalledError",
    "HookRecorder",
    "NotInTimeError",
    "NothingPublishedError",
    "NothingToJudgeError",
    "PlayerProcess",
    "PublisherProcess",
    "RequestedFault",
    "RtmpServerTestCase",
    "ServerNamespace",
    "ServerProcess",
    "ServerThread",
    "StartPlayer",
    "StartPublisher",
    "StartServer",
    "absent",
    "approx",
    "at_least",
    "at_most",
    "between",
    "expect",
    "has",
    "less_than",
    "matches",
    "more_than",
    "one_of",
    "present",
    "report_of",
    "unlike",
]

_EXPECT: Final = "trio_srs.media.expect"
_WHERE: Final = {  # public name: the module that has it
    **dict.fromkeys(
        (
            *("ExpectationError", "absent", "approx", "at_least", "at_most", "between"),
            *("has", "less_than", "matches", "more_than", "one_of", "present", "unlike"),
        ),
        _EXPECT,
    ),
    "CertificateAuthority": "trio_srs.testing.authority",
    **dict.fromkeys(("FaultNotTakenError", "RequestedFault"), "trio_srs.testing.faults"),
    **dict.fromkeys(("HookNotCalledError", "HookRecorder"), "trio_srs.testing.hook_recorder"),
    **dict.fromkeys(("NothingToJudgeError", "report_of"), "trio_srs.testing.looking"),
    "NotInTimeError": "trio_srs.testing.server",
    "NothingPublishedError": "trio_srs.testing.server",
    "PlayerProcess": "trio_srs.testing.clients",
    "PublisherProcess": "trio_srs.testing.clients",
    "RtmpServerTestCase": "trio_srs.testing.unittest_case",
    "ServerNamespace": "trio_srs.testing.server_namespace",
    "ServerProcess": "trio_srs.testing.server_process",
    "ServerThread": "trio_srs.testing.server_thread",
    "StartPlayer": "trio_srs.testing.starting",
    "StartPublisher": "trio_srs.testing.starting",
    "StartServer": "trio_srs.testing.starting",
    "expect": "trio_srs.testing.expecting",
}


if not TYPE_CHECKING:  # a type checker that sees it takes every misspelt name for an object

    def __getattr__(name: str) -> object:
        """Import a public name the first time it is asked for, and keep it (PEP 562)."""
        if name not in _WHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(_WHERE[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
