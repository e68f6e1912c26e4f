"""Lines and frames in the output of a process."""

from __future__ import annotations

import pytest

from localcloud.localstack.host.log_events import EVENT_LIMIT, Frames, Lines, LogEvent, as_text


def frame(message: bytes, timestamp_us: int = 5_000) -> bytes:
    return b"\xa5\x5a\x00\x03" + len(message).to_bytes(4, "big") + timestamp_us.to_bytes(8, "big") + message


def test_a_line_is_an_event_once_it_is_complete() -> None:
    lines = Lines(lambda: 7)
    assert lines.feed(b"one\ntw") == [LogEvent(7, "one\n")]
    assert lines.feed(b"o\n\n  \nthr") == [LogEvent(7, "two\n")]
    assert lines.flush() == [LogEvent(7, "thr")]
    assert lines.flush() == []


def test_a_character_may_arrive_in_pieces() -> None:
    lines = Lines(lambda: 7)
    assert lines.feed("grü".encode()[:-1]) == []
    assert lines.feed("grü\n".encode()[-2:]) == [LogEvent(7, "grü\n")]


def test_a_frame_is_one_event_with_its_own_time() -> None:
    frames = Frames()
    data = frame(b"two\nlines\n") + frame(b"", 1) + frame(b"next", 9_000_000)
    assert frames.feed(data[:10]) == []
    assert frames.feed(data[10:30]) == [LogEvent(5, "two\nlines\n")]
    assert frames.feed(data[30:]) == [LogEvent(9_000, "next")]


def test_invalid_frames_are_reported() -> None:
    with pytest.raises(ValueError, match="not a frame"):
        Frames().feed(b"something else altogether")


def test_an_event_has_the_size_that_cloudwatch_takes() -> None:
    events = Frames().feed(frame(b"x" * (2 * EVENT_LIMIT + 1)))
    assert [len(event.message) for event in events] == [EVENT_LIMIT, EVENT_LIMIT, 1]


def test_as_text_every_event_ends_its_line() -> None:
    assert as_text([LogEvent(1, "a\n"), LogEvent(1, "b")]) == "a\nb\n"
