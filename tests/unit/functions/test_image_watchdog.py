"""Work on a stranger's bytes ends in time, within its memory, and without harm to who has begun it."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from processors.imaging import refusals
from processors.imaging.containers import sifting
from processors.imaging.formats import FORMATS
from processors.imaging.opening import CodecMissing
from processors.imaging.refusals import ImageRefused
from processors.imaging.safely import make_safely
from processors.imaging.sizes import sizes_of
from processors.imaging.watchdog import Limits, Usage, WorkFailed, watched
from tests.unit.functions.support.pictures import GOOD

ROOMY = Limits(cpu_seconds=20, memory_bytes=200_000_000, seconds=60)


def _run(work: Callable[[], bytes], limits: Limits = ROOMY) -> bytes:
    return watched(work, BytesIO(), limits, lambda _: None)


def _safely(content: bytes) -> object:
    return make_safely(
        BytesIO(content), sizes=sizes_of("thumb:160"), target=FORMATS["jpeg"], max_pixels=10_000_000, seconds=60
    )


def _busy() -> bytes:
    while True:
        pass


def _asleep() -> bytes:
    time.sleep(600)
    return b""


def _die(number: signal.Signals) -> Callable[[], bytes]:
    def work() -> bytes:
        os.kill(os.getpid(), number)
        return _asleep()

    return work


def test_what_the_work_returns_comes_back() -> None:
    noted: list[Usage] = []
    content = os.urandom(3_000_000)
    assert watched(lambda: content, BytesIO(), ROOMY, noted.append) == content
    assert noted[0].peak_bytes > 5_000_000


def test_work_without_end_is_refused_by_its_processor_time() -> None:
    def deaf() -> bytes:
        # The first signal can be ignored, the one a second later cannot.
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        return _busy()

    noted: list[Usage] = []
    with pytest.raises(ImageRefused, match=refusals.TOO_MUCH_WORK):
        watched(deaf, BytesIO(), Limits(1, 200_000_000, 60), noted.append)
    assert 1 < noted[0].cpu_seconds < 3


def test_work_that_only_waits_is_refused_by_the_clock() -> None:
    with pytest.raises(ImageRefused, match=refusals.TOO_MUCH_WORK):
        _run(_asleep, Limits(20, 200_000_000, 0.2))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")
@pytest.mark.parametrize("way", ["python", "c"])
def test_memory_is_bounded(way: str) -> None:
    def python() -> bytes:
        return bytes(400_000_000)[:1]

    def c() -> bytes:
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        if libc.malloc(400_000_000) is None:
            raise MemoryError
        return b"taken"

    with pytest.raises(ImageRefused, match=refusals.TOO_MUCH_MEMORY):
        _run({"python": python, "c": c}[way], Limits(20, 100_000_000, 60))


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_decoder_that_crashes_is_a_refusal_of_its_own(number: signal.Signals) -> None:
    with pytest.raises(ImageRefused, match=refusals.DECODER_CRASHED):
        _run(_die(number))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_ends_it_from_outside_is_a_failure(number: signal.Signals) -> None:
    """The kernel does, where all memory of the machine is taken: no upload is to blame."""
    with pytest.raises(WorkFailed, match=str(int(number))):
        _run(_die(number))


@pytest.mark.parametrize("error", [KeyError, ImportError, AttributeError, OSError, SystemExit, KeyboardInterrupt])
def test_what_it_raises_is_a_failure_without_its_words(error: type[BaseException]) -> None:
    def work() -> bytes:
        raise error("terces"[::-1])

    with pytest.raises(WorkFailed, match=error.__name__) as failed:
        _run(work)
    assert "secret" not in str(failed.value)
    assert "test_image_watchdog.py" in str(failed.value)


def test_a_refusal_comes_back_as_one() -> None:
    def work() -> bytes:
        raise ImageRefused(refusals.ANIMATED)

    with pytest.raises(ImageRefused, match=refusals.ANIMATED):
        _run(work)


def test_it_reaches_nothing_that_is_open(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A runtime's answers go through a file that a child has too: one line there would be taken for an answer."""
    with (tmp_path / "answers").open("w+b", buffering=0) as answers:

        def work() -> bytes:
            for number in (1, 2, answers.fileno()):
                os.write(number, b"said by the child\n")
            return b"done"

        assert _run(work) == b"done"
        assert answers.seek(0, 2) == 0
    assert capfd.readouterr().out == ""


def test_no_child_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[int] = []
    fork = os.fork

    def forking() -> int:
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(os, "fork", forking)
    _run(lambda: b"")
    for work in (_die(signal.SIGSEGV), _asleep):
        with pytest.raises(ImageRefused):
            _run(work, Limits(20, 200_000_000, 0.2))
    assert len(children) == 3
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_without_a_child_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(os, "fork", fork)
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(OSError, match="memory"):
        _run(lambda: b"")
    assert len(list(Path("/dev/fd").iterdir())) == before


@pytest.mark.parametrize("missing", ["PIL", "PIL.Image", "PIL._imaging", "PIL.PngImagePlugin", "PIL.features"])
def test_without_pillow_it_fails(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    content = GOOD["png"]()
    for name in [name for name in sys.modules if name.partition(".")[0] == "PIL"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError):
        _safely(content)


@pytest.mark.parametrize(("name", "feature"), [("webp", "webp"), ("avif", "avif"), ("jpeg", "jpg"), ("png", "zlib")])
def test_without_a_decoder_it_fails(monkeypatch: pytest.MonkeyPatch, name: str, feature: str) -> None:
    from PIL import features

    check = features.check
    monkeypatch.setattr(features, "check", lambda asked: asked != feature and check(asked))
    with pytest.raises(CodecMissing, match=feature):
        _safely(GOOD[name]())


def test_a_disk_that_is_full_is_no_damaged_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setitem(sifting._WALKS, "PNG", full)
    with pytest.raises(WorkFailed, match="OSError"):
        _safely(GOOD["png"]())


@pytest.mark.parametrize("error", [ImportError("a codec"), OSError(errno.EIO, os.strerror(errno.EIO))])
@pytest.mark.parametrize("step", ["_open", "load"])
def test_what_fails_within_a_decoder_and_is_not_in_the_file_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(f"PIL.PngImagePlugin.PngImageFile.{step}", fail, raising=False)
    with pytest.raises(WorkFailed, match=type(error).__name__):
        _safely(GOOD["png"]())


def test_a_decoder_without_memory_has_met_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
    with pytest.raises(ImageRefused, match=refusals.TOO_MUCH_MEMORY):
        _safely(GOOD["png"]())


def test_a_mistake_of_ours_is_no_damaged_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: dict[str, object] = {}
    monkeypatch.setattr("processors.imaging.derivatives.shrunk", lambda *_: nothing["no such key"])
    with pytest.raises(WorkFailed, match="KeyError"):
        _safely(GOOD["png"]())
