"""The API about the configuration: what holds, and changing it while the server runs. Floor 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import attrs
from litestar import Response, get, patch, post
from litestar.params import JSONBody, QueryParameter

from trio_srs.hub.steering import (
    ConfigChange,
    ConfigInvalidError,
    NoConfigFileError,
    Steering,
)
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import aside
from trio_srs.service.api.error_answers import Located
from trio_srs.service.api.names import STREAMS, path_name
from trio_srs.service.api.routes.parameters import Api, AppName, StreamPart, Vhost, failures
from trio_srs.wire.stream_name import key_of

__all__ = ["patch_config", "reload_config", "save_config", "show_config", "show_settings"]

_PATH: Final = "/api/v2/config"
_CALLED: Final[dict[str, Any]] = {"tags": ["config"]}

_Save = Annotated[
    bool,
    QueryParameter(description="`true` to save it as well, as `POST /api/v2/config/save` does."),
]


@attrs.frozen(kw_only=True)
class ConfigAnswer:
    """The configuration that holds now."""

    config: Mapping[str, object]
    """Every section with every key, as in a file; what is secret is `***`, or where it is from."""
    file: str | None
    """The file that the server was started with; null if there was none."""
    unsaved: Mapping[str, object]
    """What was changed by `PATCH` and stands in no file."""


@attrs.frozen(kw_only=True)
class ChangesAnswer:
    """What differs from the configuration before."""

    changes: tuple[ConfigChange, ...]
    """By key; none if nothing differs."""


@attrs.frozen(kw_only=True)
class SavedAnswer:
    """Where the configuration was saved."""

    file: str
    """The path of the file."""


@attrs.frozen(kw_only=True)
class SettingsAnswer:
    """What holds for one stream."""

    stream: str
    """The stream, by the name that it has here."""
    settings: Mapping[str, object]
    """Every key of `[stream]`, as in a file."""


def _steering(api: ApiContext) -> Steering:
    if api.steering is None:
        raise NoConfigFileError("this server cannot be configured while it runs")
    return api.steering


@get(
    _PATH,
    summary="Show the configuration",
    operation_id="config",
    responses=failures(400, 409),
    **_CALLED,
)
async def show_config(api: Api) -> Response[ConfigAnswer]:
    """All that holds now, defaults included."""
    steering = _steering(api)
    answer = ConfigAnswer(config=steering.effective(), file=steering.file, unsaved=steering.unsaved)
    return await aside(answer, api.aside)


@patch(
    _PATH,
    summary="Change the configuration",
    operation_id="patch_config",
    responses=failures(400, 409, 413),
    **_CALLED,
)
async def patch_config(
    api: Api, data: JSONBody[dict[str, dict[str, Any] | None]], save: _Save = False
) -> ChangesAnswer:
    """Change some keys while the server runs, for what begins from now on: a JSON merge patch (RFC
    7396) of the tables of a file, such as `{"stream": {"gop_cache": "5s"}}`; null is the default.

    Either all of it is done, or nothing. Keys that take a restart are refused (409).
    """
    steering = _steering(api)
    try:
        changes = steering.patch(data)
    except ConfigInvalidError as error:
        where, _ = error.problems[0]
        raise Located(error, f"body.{where}" if where else "body") from error
    if save:
        steering.save()
    return ChangesAnswer(changes=tuple(changes))


@post(
    f"{_PATH}/reload",
    summary="Read the configuration anew",
    operation_id="reload_config",
    status_code=200,
    responses=failures(400, 409),
    **_CALLED,
)
async def reload_config(api: Api) -> ChangesAnswer:
    """Read it from where it came, as SIGHUP does; what was patched and not saved is given up.

    A change that is not `live` waits for a restart.
    """
    return ChangesAnswer(changes=tuple(_steering(api).reload()))


@post(
    f"{_PATH}/save",
    summary="Save the configuration",
    operation_id="save_config",
    status_code=200,
    responses=failures(400, 409),
    **_CALLED,
)
async def save_config(api: Api) -> SavedAnswer:
    """Write what was patched into the file that the server was started with; its comments stay."""
    return SavedAnswer(file=_steering(api).save())


@get(
    f"{STREAMS}/{{app:str}}/{{name:str}}/settings",
    summary="Show the settings of a stream",
    operation_id="settings",
    responses=failures(400, 404, 409),
    **_CALLED,
)
async def show_settings(
    api: Api, app: AppName, name: StreamPart, vhost: Vhost = ""
) -> SettingsAnswer:
    """What the configuration says for one stream, whether anybody publishes it or not."""
    said = path_name(app, name, vhost, api.hosts)
    settings = api.hosts.settings_for(said.vhost, said.app, said.name)
    return SettingsAnswer(
        stream=key_of(said.vhost, said.path), settings=_steering(api).shown(settings)
    )
