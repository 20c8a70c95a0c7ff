"""What comes out of a nursery whose block is the main thing."""

from __future__ import annotations

import pytest
import trio

from trio_srs.net.nursery import ungrouped


async def fail(error: Exception) -> None:
    raise error


async def block_fails_beside(*others: Exception) -> None:
    """The block raises a ValueError, and tasks of its nursery what they raise."""
    async with ungrouped(), trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep_forever)
        for other in others:
            nursery.start_soon(fail, other)
        raise ValueError("mine")


async def fail_while_cancelled() -> None:
    async with ungrouped(), trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep_forever)
        try:
            await trio.lowlevel.checkpoint()
        finally:
            nursery.start_soon(fail, ValueError("mine"))


async def test_the_error_of_the_block_comes_as_itself() -> None:
    with pytest.raises(ValueError, match="mine"):
        await block_fails_beside()


async def test_two_errors_come_together() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await block_fails_beside(KeyError())
    assert len(caught.value.exceptions) == 2


async def test_an_error_in_the_moment_of_a_cancellation_comes_as_itself() -> None:
    with trio.CancelScope() as scope:
        scope.cancel()
        with pytest.raises(ValueError, match="mine"):
            await fail_while_cancelled()


async def test_a_cancellation_alone_goes_to_whom_it_belongs() -> None:
    with trio.move_on_after(0) as scope:
        async with ungrouped(), trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            await trio.sleep_forever()
    assert scope.cancelled_caught
