"""A recorder of callbacks in a test's process: what it heard can be waited for, in order."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.testing.project import Project
from trio_srs.testing.hook_recorder import HookNotCalledError, HookRecorder
from trio_srs.tools.hooks.scripted_answer import ScriptedAnswerError

pytestmark = pytest.mark.interop


@pytest.fixture
def hooks() -> Iterator[HookRecorder]:
    with HookRecorder() as recorder:
        yield recorder
    recorder.close()  # again, for nothing


def call(hooks: HookRecorder, action: str, stream: str = "a", **more: Any) -> Any:
    said = {"action": action, "app": "live", "stream": stream, "client_id": "c1", **more}
    with urllib.request.urlopen(f"{hooks.url}{action}", json.dumps(said).encode()) as answer:
        return json.loads(answer.read())


def test_what_is_called_is_expected_once_each(hooks: HookRecorder) -> None:
    for _ in range(2):
        assert call(hooks, "on_publish") == 0
    first = hooks.expect_called("on_publish", stream="live/a")
    second = hooks.expect_called("on_publish", client_id="c1")
    assert (first.number, second.number) == (1, 2)
    with pytest.raises(HookNotCalledError, match=r"(?s)within 0 s; what was:\n.*on_publish c1 li"):
        hooks.expect_called("on_publish", timeout_s=0)


def test_a_call_that_does_not_come_is_told_with_what_was_looked_for(hooks: HookRecorder) -> None:
    call(hooks, "on_play")
    with pytest.raises(HookNotCalledError) as failed:
        hooks.expect_called("on_play", stream="live/b", timeout_s=0.05, ip="10.0.0.1")
    said = str(failed.value).splitlines()
    assert said[0] == ("on_play of live/b, ip '10.0.0.1' was not called within 0.05 s; what was:")
    assert said[1].endswith(" s on_play c1 live/a")


def test_a_call_may_come_while_it_is_waited_for(hooks: HookRecorder) -> None:
    later = threading.Timer(0.1, call, (hooks, "on_stop"))
    later.start()
    assert hooks.expect_called("on_stop").stream == "live/a"
    later.join()


def test_answers_are_scripted_by_action_stream_and_number(hooks: HookRecorder) -> None:
    hooks.answer("on_publish", "refuse:no")
    hooks.answer("on_publish", stream="live/b")
    hooks.answer("on_publish", '{"code": 7}', stream="live/b", times=1)
    answers = [call(hooks, "on_publish", stream) for stream in "abb"]
    assert answers == [{"code": 1, "message": "no"}, {"code": 7}, 0]
    assert call(hooks, "on_play") == 0
    assert hooks.actions() == ["on_publish"] * 3 + ["on_play"]
    assert hooks.actions("live/b") == ["on_publish"] * 2


def test_a_misspelt_word_is_told_with_the_nearest(hooks: HookRecorder) -> None:
    with pytest.raises(ValueError, match="no callback 'on_publsh'; did you mean \"on_publish\""):
        hooks.expect_called("on_publsh")
    with pytest.raises(ValueError, match="no callback 'x'; there are on_close"):
        hooks.answer("x")
    with pytest.raises(ScriptedAnswerError, match="'maybe' is no answer"):
        hooks.answer("on_play", "maybe")


def test_the_fixture_steers_a_real_server(tmp_path: Any) -> None:
    project = Project(tmp_path)
    project.write(
        """
        import pytest
        from trio_srs.testing import HookRecorder

        def test_it(rtmp_hooks, rtmp_server, rtmp_publisher, rtmp_player):
            rtmp_hooks.answer("on_play", "refuse:pay first", times=1)
            publisher = rtmp_publisher("live/a")
            with pytest.raises(Exception, match="pay first"):
                rtmp_player("live/a")
            player = rtmp_player("live/a?token=x")
            assert rtmp_hooks.expect_called("on_play", param="?token=x").fields["ip"] == "127.0.0.1"
            publisher.kill()
            rtmp_hooks.expect_called("on_unpublish", stream="live/a")
            player.stop()
            rtmp_hooks.expect_called("on_stop", stream="live/a")
            for _ in range(3):
                rtmp_hooks.expect_called("on_close")

        @pytest.mark.rtmp_server(hooks={"on_publish": []})
        def test_a_mark_counts_more(rtmp_hooks, rtmp_server, rtmp_publisher):
            rtmp_publisher("live/a").stop()
            rtmp_hooks.expect_called("on_unpublish")
            assert "on_publish" not in rtmp_hooks.actions()
        """
    )
    outcome = project.run()
    assert outcome.counts == (2, 0, 0), outcome.output
