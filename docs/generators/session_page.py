"""The page of the states of a message stream."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generators.markdown import page, sentence, table
from docs.generators.source import attribute_docs
from trio_srs.session.rtmp_streams import TRANSITIONS, StreamState

__all__ = ["session_page"]


@page("the source; edit there.")
def session_page() -> Iterator[str]:
    """What may be said in which state of a message stream: a diagram, and a table."""
    yield "# States of an RTMP message stream\n"
    yield "A connection carries message streams, made by `createStream`, each of them in one state."
    yield "What a state has no way on for is a protocol error (`bad_state`), which ends"
    yield "the connection. What is about the connection and no stream, such as `createStream`,"
    yield "`FCPublish` or a call that nobody knows, is answered in every state but"
    yield f"*{StreamState.UNCONNECTED.value}*. A `publish` or `play` ends what its stream did"
    yield "before, and takes effect when it is accepted; `FCUnpublish` ends the publishes of that"
    yield "name.\n"
    yield f"```mermaid\n{mermaid()}\n```\n"
    yield from table(["State", "Meaning"], _state_rows())
    commands = sorted({command for _, command in TRANSITIONS})
    head = ["Command", *(f"when *{state.value}*" for state in StreamState)]
    yield from table(head, (_command_row(command) for command in commands))


def mermaid() -> str:
    """The state diagram of a message stream; arrows between the same two states are one."""
    arrows: dict[tuple[StreamState, StreamState], list[str]] = {}
    for (before, command), after in TRANSITIONS.items():
        arrows.setdefault((before, after), []).append(command)
    return "\n".join(
        [
            "stateDiagram-v2",
            f"    [*] --> {StreamState.UNCONNECTED.value}",
            *(
                f"    {before.value} --> {after.value}: {', '.join(commands)}"
                for (before, after), commands in arrows.items()
            ),
        ]
    )


def _state_rows() -> Iterator[list[str]]:
    docs = attribute_docs(StreamState)
    yield from ([f"*{state.value}*", sentence(docs[state.name])] for state in StreamState)


def _command_row(command: str) -> list[str]:
    after = (TRANSITIONS.get((state, command)) for state in StreamState)
    return [f"`{command}`", *("error" if state is None else state.value for state in after)]
