"""The API about faults: what the server does wrong on purpose, for whom, and how often. Floor 3."""

from __future__ import annotations

from typing import Annotated, Any, Final

import attrs
import msgspec
from litestar import delete, get, post
from litestar.params import JSONBody, PathParameter

from trio_srs.faults.fault_plan import PlannedFault, UnknownFaultError
from trio_srs.faults.fault_text import parse_fault
from trio_srs.service.api.error_answers import located
from trio_srs.service.api.routes.parameters import Api, failures

__all__ = ["WantedFault", "add_fault", "list_faults", "remove_fault"]

_PATH: Final = "/api/v2/faults"
_CALLED: Final[dict[str, Any]] = {"tags": ["faults"]}
_FaultName = Annotated[
    str,
    PathParameter(description="As `fault-1`.", schema_extra={"pattern": "^fault-[1-9][0-9]{0,8}$"}),
]


class WantedFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Something that the server is to do wrong."""

    fault: Annotated[
        str,
        msgspec.Meta(
            description="`KIND [MOMENT] [KEY=VALUE ...]`, as on the command line: `reset publish "
            "after=2s times=1`.",
            max_length=4096,
        ),
    ]


@attrs.frozen(kw_only=True)
class FaultAnswer:
    """Something that the server does wrong on purpose."""

    name: str
    """What it is called, in events and reports too."""
    fault: str
    """As it is written: `reset publish after=2s times=1`."""
    met: int
    """How often somebody came whom it fits."""
    taken: int
    """How often it was done."""


@attrs.frozen(kw_only=True)
class FaultsAnswer:
    """All that the server does wrong on purpose."""

    faults: tuple[FaultAnswer, ...]
    """In the order in which they were asked for."""


def _told(planned: PlannedFault) -> FaultAnswer:
    return FaultAnswer(name=planned.name, fault=planned.text, met=planned.met, taken=planned.taken)


@get(_PATH, summary="List faults", operation_id="faults", **_CALLED)
async def list_faults(api: Api) -> FaultsAnswer:
    """What the server does wrong on purpose now, and how often each was done."""
    work = api.faults.work
    return FaultsAnswer(faults=() if work is None else tuple(map(_told, work.plan)))


@post(
    _PATH,
    summary="Ask for a fault",
    operation_id="add_fault",
    responses=failures(400, 409, 413),
    **_CALLED,
)
async def add_fault(api: Api, data: JSONBody[WantedFault]) -> FaultAnswer:
    """Have the server do something wrong from now on, to those whom it is for; also to who
    publishes and plays already. One that contradicts another is refused (409)."""
    with located("body.fault"):
        return _told(api.faults.needed().add(parse_fault(data.fault)))


@delete(
    f"{_PATH}/{{name:str}}",
    summary="Take a fault back",
    operation_id="remove_fault",
    status_code=200,
    responses=failures(400, 404),
    **_CALLED,
)
async def remove_fault(api: Api, name: _FaultName) -> FaultAnswer:
    """Do it no more; what of it still goes on ends. The answer says how often it was done."""
    work = api.faults.work
    if work is None:
        raise UnknownFaultError(f"there is no fault {name!r}")
    return _told(work.remove(name))
