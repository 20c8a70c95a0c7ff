"""Lists: which items, in what order, and which part of them. Floor 3."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, TypeVar

import attrs
from litestar import Response
from litestar.params import QueryParameter

from trio_srs.hub.turns import Turns
from trio_srs.service.api.encoding import PlainResponse
from trio_srs.service.api.routes.parameters import NOT_SAID

__all__ = ["Count", "Order", "Page", "Start", "paged"]

T = TypeVar("T")

Start = Annotated[int, QueryParameter(description="How many to leave out.", ge=0)]
Count = Annotated[
    int, QueryParameter(description="The most to answer with; -1 is all.", ge=NOT_SAID)
]
_DOWN: Final = "-"


@attrs.frozen
class Page:
    """A part of a list."""

    start: int = 0
    count: int = NOT_SAID
    """:data:`.NOT_SAID`: all of it."""

    def of(self, items: list[T]) -> list[T]:
        """The items of it."""
        end = None if self.count == NOT_SAID else self.start + self.count
        return items[self.start : end]


@attrs.frozen
class Order:
    """What a list is sorted by; with a minus in front the other way round."""

    text: str

    @property
    def key(self) -> str:
        """The name of what is compared."""
        return self.text.removeprefix(_DOWN)

    @property
    def is_reversed(self) -> bool:
        """Whether the largest is first."""
        return self.text.startswith(_DOWN)


async def paged(
    turns: Turns,
    name: str,
    items: Iterable[T],
    encode: Callable[[T], bytes],
    page: Page,
    *,
    fits: Callable[[T], bool],
    key: Callable[[T], Any] | None = None,
    order: Order | None = None,
) -> Response[Any]:
    """An answer with a part of a list, and how long all of it is. It is made in steps.

    Args:
        items: all there are, in their own order.
        fits: whether one is asked for.
        key: what of them is compared, for another order.
    """
    fitting: list[T] = []

    def visit(item: T) -> bool:
        if fits(item):
            fitting.append(item)
        return True

    await turns.walk(visit, items)
    if key is not None and order is not None:
        fitting = list(await turns.sort(fitting, key, reverse=order.is_reversed))
    made = await turns.make(encode, page.of(fitting))
    content: Any = b'{"%s":[%s],"total":%d}' % (name.encode(), b",".join(made), len(fitting))
    return PlainResponse(content, media_type="application/json")
