"""``trio-srs expect --golden FILE``: compare with a file, or write it anew. Floor 8."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs

from trio_srs.app.cli.standard import OutputError
from trio_srs.tools.expect.golden_difference import differences
from trio_srs.tools.expect.media_file import report_of_file
from trio_srs.tools.verdicts.outcome import Outcome
from trio_srs.wire.flv.tag import encode_header, encode_tag
from trio_srs.wire.flv.tag_messages import flv_tag
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["GoldenComparison", "add_golden_options", "golden_rule"]

_BY: Final = {
    "exact": "digest.exact",
    "payload": "digest.payload",
    "media": "digest.without_user_data",
}
"""How it is compared, and the subject that says so."""


def add_golden_options(parser: argparse.ArgumentParser) -> None:
    """Add what says with what file a stream is compared."""
    group = parser.add_argument_group("golden file")
    group.add_argument(
        "--golden", metavar="FILE.flv", type=Path,
        help="expect audio and video to be those of this file, and say what differs",
    )  # fmt: skip
    group.add_argument(
        "--golden-by", choices=list(_BY), default="exact",
        help="exact (the default), payload (whatever the timestamps), or media (whatever encoders "
        "say of themselves in SEI)",
    )  # fmt: skip
    group.add_argument(
        "--update", action="store_true", help="write the golden file anew, from what was seen"
    )


def golden_rule(args: argparse.Namespace) -> list[str]:
    """The rule that ``--golden`` stands for."""
    if args.golden is None or args.update:
        return []
    return [f'{_BY[args.golden_by]} == "{args.golden}"']


class GoldenComparison:
    """What was seen of audio and video, and what of it differs from the golden file.

    Args:
        keep: who else wants each message.
    """

    def __init__(
        self, args: argparse.Namespace, keep: Callable[[Message], object] | None = None
    ) -> None:
        self._path: Path | None = args.golden
        self._is_update: bool = args.update
        self._also = keep
        self._seen: list[Message] = []

    @property
    def keep(self) -> Callable[[Message], object] | None:
        """What is to be called with each message; nothing where nobody wants them."""
        return self._also if self._path is None else self._take

    def _take(self, message: Message) -> None:
        self._seen.append(message)
        if self._also is not None:
            self._also(message)

    def read(self, captured: str | None) -> None:
        """Take all messages of a file in which the stream was kept."""
        if self._path is not None and captured is not None:
            report_of_file(Path(captured), keep=self._take)

    def finish(self, outcome: Outcome) -> Outcome:
        """Write the file anew, or add to an outcome what differs.

        Raises:
            OutputError: it cannot be written.
        """
        if self._path is None or outcome.report is None:
            return outcome
        if self._is_update:
            remarks = [self._write(self._path)]
        elif outcome.met:
            return outcome
        else:
            golden: list[Message] = []
            report_of_file(self._path, keep=golden.append)
            remarks = differences(self._seen, golden)
        return attrs.evolve(outcome, remarks=(*outcome.remarks, *remarks))

    def _write(self, path: Path) -> str:
        kinds = {message.type_id for message in self._seen}
        head = encode_header(MessageType.AUDIO in kinds, MessageType.VIDEO in kinds)
        tags = [tag for message in self._seen if (tag := flv_tag(message)) is not None]
        data = head + b"".join(map(encode_tag, tags))
        try:
            is_same = path.exists() and path.read_bytes() == data
            path.write_bytes(data)
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror}") from error
        return f"{path} {'is as it was' if is_same else 'was written anew'}: {len(tags)} messages"
