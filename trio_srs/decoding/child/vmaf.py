"""VMAF by an ``ffmpeg`` that has libvmaf: PyAV's wheels have not. Floor 2."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from av.video.frame import VideoFrame

__all__ = ["Vmaf"]

_FORMAT: Final = "yuv420p"
_LOG: Final = "vmaf.json"


class Vmaf:
    """Compares pairs of pictures of one size. They go to the program as they come; scores come at
    the end."""

    def __init__(self, program: str, form: tuple[int, int]) -> None:
        """
        Args:
            program: the path of an ``ffmpeg``.
            form: width and height of the pictures.
        """
        self._form = form
        self._folder = tempfile.TemporaryDirectory(prefix="trio-srs-")
        pipes = [os.pipe() for _ in range(2)]
        inputs = []
        for reading, _ in pipes:
            inputs += ["-f", "rawvideo", "-pix_fmt", _FORMAT, "-s", f"{form[0]}x{form[1]}"]
            inputs += ["-r", "25", "-i", f"pipe:{reading}"]
        graph = f"[0:v][1:v]libvmaf=log_fmt=json:log_path={_LOG}"
        self._process = subprocess.Popen(
            [program, "-nostdin", "-v", "quiet", *inputs, "-lavfi", graph, "-f", "null", "-"],
            pass_fds=[reading for reading, _ in pipes], cwd=self._folder.name,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        for reading, _ in pipes:
            os.close(reading)
        self._pipes = [os.fdopen(writing, "wb") for _, writing in pipes]

    def add(self, ours: VideoFrame, theirs: VideoFrame) -> None:
        """Take the next pair.

        Raises:
            OSError: the program has ended.
        """
        for pipe, frame in zip(self._pipes, (ours, theirs), strict=True):
            pipe.write(frame.to_ndarray().tobytes())

    def finish(self) -> list[float]:
        """The score of each pair.

        Raises:
            OSError, ValueError, KeyError: the program has not come to its end.
        """
        with self._folder:
            for pipe in self._pipes:
                pipe.close()
            self._process.wait()
            said = json.loads((Path(self._folder.name) / _LOG).read_text())
            return [float(frame["metrics"]["vmaf"]) for frame in said["frames"]]
