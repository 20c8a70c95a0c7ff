"""Without the extra nothing is decoded: it is said what to install, and nothing is imported."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from trio_srs.decoding import extra
from trio_srs.decoding.extra import DecoderNotInstalledError, can_decode, check_can_decode


def without(*names: str) -> object:
    def find(name: str) -> ModuleSpec | None:
        return None if name in names else ModuleSpec(name, None)

    return find


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        (("av",), "picture.ssim needs the decoded picture and sound, and av is not installed: "
                  r"pip install 'trio-srs\[decode\]'"),
        (("av", "numpy"), "and av and numpy are not installed"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], text: str
) -> None:
    monkeypatch.setattr(extra, "find_spec", without(*missing))
    assert not can_decode()
    with pytest.raises(DecoderNotInstalledError, match=text):
        check_can_decode("picture.ssim")


def test_with_all_of_it_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", without())
    assert can_decode()
    check_can_decode("picture.ssim")


def test_nothing_that_decodes_is_imported_by_what_has_it_done() -> None:
    modules = "trio_srs.decoding.on_demand"
    code = f"import sys, {modules}; print('av' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
