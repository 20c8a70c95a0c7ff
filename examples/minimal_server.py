"""A server in this very process: started on a free port, asked where it is, stopped.

python examples/minimal_server.py
"""

from __future__ import annotations

import trio

import trio_srs

CONFIG = trio_srs.load_config(overrides=['rtmp.listen=["127.0.0.1:0"]'])


async def main() -> None:
    async with trio_srs.serve(CONFIG) as server:
        print("publish to", server.rtmp_url("live/a"))
        print("streams now:", [live.name for live in server.hub])
        # Put the work here. Leaving the block tells every peer and stops the server.
    print("stopped")


if __name__ == "__main__":
    trio.run(main)
