"""Files that wait are run beside those that compute, in order, and all of them by somebody."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final

import pytest

from tests.file_sharing import COMPUTES, FileSharing, computes, most_processes, waits

WAITING: Final = [f"tests/interop/test_{number}.py" for number in range(9)]
COMPUTING: Final = [f"tests/wire/test_{number}.py" for number in range(9)]


class Process:
    """What the one that shares out knows of another."""

    def __init__(self, number: int) -> None:
        self.gateway = SimpleNamespace(id=f"gw{number}")
        self.workerinput = {COMPUTES: computes(number)}
        self.given: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, positions: list[int]) -> None:
        self.given += positions

    def shutdown(self) -> None:
        self.shutting_down = True


def sharing(processes: list[Process], files: list[str]) -> FileSharing:
    options = {"tx": ["popen"] * len(processes), "maxschedchunk": 1}
    config: Any = SimpleNamespace(
        getoption=lambda name, *_: options[name], getvalue=lambda name: options[name], rootpath=None
    )
    made = FileSharing(config)
    nodes: list[Any] = [*processes]
    for node in nodes:
        made.add_node(node)
        made.add_node_collection(node, files)
    made.schedule()
    return made


def ran(made: FileSharing, process: Process, files: list[str]) -> list[str]:
    """Have a process run what it is given, as long as it is given something."""
    node: Any = process
    done: list[str] = []
    while len(done) < len(process.given) - (not process.shutting_down):
        position = process.given[len(done)]
        done.append(files[position])
        made.mark_test_complete(node, position)
    return done


def test_two_processors_have_three_that_wait_and_two_that_compute() -> None:
    assert [computes(number) for number in range(most_processes(2))] == [False, True] * 2 + [False]
    assert most_processes(0) == 1
    assert not computes(0), "who is alone runs everything"


def test_what_holds_conversations_waits() -> None:
    assert waits("tests/interop/test_play.py")
    assert waits("tests/test_examples.py")
    assert not waits("tests/wire/rtmp/test_chunk.py")


def test_each_kind_is_run_by_its_own_and_the_rest_by_those_that_wait() -> None:
    waiter, computer = Process(0), Process(1)
    files = [file for pair in zip(WAITING, COMPUTING, strict=True) for file in pair]
    made = sharing([waiter, computer], files)
    assert [files[at] for at in waiter.given] == WAITING[:2]
    assert [files[at] for at in computer.given] == COMPUTING[:2]
    assert ran(made, waiter, files) == [*WAITING, *COMPUTING[2:]]
    assert ran(made, computer, files) == COMPUTING[:2]
    assert made.tests_finished


def test_who_computes_ends_when_nothing_but_waiting_is_left() -> None:
    waiter, computer = Process(0), Process(1)
    files = [*WAITING, COMPUTING[0]]
    made = sharing([waiter, computer], files)
    assert computer.shutting_down
    assert ran(made, computer, files) == COMPUTING[:1]
    assert ran(made, waiter, files) == WAITING
    assert made.tests_finished


def test_where_nobody_is_left_who_waits_those_who_compute_run_everything() -> None:
    waiter, computer = Process(0), Process(1)
    files = [*WAITING, *COMPUTING]
    made = sharing([waiter, computer], files)
    crashed: Any = waiter
    assert made.remove_node(crashed) == WAITING[0]
    assert {*ran(made, computer, files)} == {*WAITING[1:], *COMPUTING}


@pytest.mark.parametrize("files", [WAITING[:1], WAITING[:3], COMPUTING[:3]])
def test_a_few_files_are_for_all(files: list[str]) -> None:
    processes = [Process(0), Process(1)]
    made = sharing(processes, files)
    done = [file for process in processes for file in ran(made, process, files)]
    assert sorted(done) == files
