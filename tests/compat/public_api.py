"""A user's program, type-checked with trio-typing installed; it is never run.

trio-typing's stubs of 2023 hide the types that Trio itself has. Whoever still has them
installed must be able to use our public API all the same.
"""

from __future__ import annotations

from pathlib import Path

import trio

from trio_srs import Config, ConfigError, load_config, serve


def settings(path: Path) -> Config:
    """Load a file; with nothing from the environment and no overrides."""
    try:
        return load_config(path, environ={}, overrides=())
    except ConfigError as error:
        raise SystemExit(str(error)) from error


async def main() -> None:
    """Serve for a minute, beside other tasks."""
    config = settings(Path("config.toml"))
    async with serve(config):
        await trio.sleep(60)


if __name__ == "__main__":
    trio.run(main)
