"""Identifiers, times, settings, attribute values, cached values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aws.attributes import from_attribute, to_attribute
from domain.times import rfc3339
from domain.uuid7 import canonical, uuid7
from runtime import settings as environment
from runtime.refreshing import Refreshing


def test_the_rfcs_example_identifier() -> None:
    """RFC 9562, appendix A.6: rand_a 0xCC3 is the fraction of the millisecond here."""
    now_ns = 0x017F22E279B0 * 1_000_000 + 0xCC3 * 1_000_000 // 4096 + 1
    made = uuid7(now_ns, lambda _: bytes.fromhex("18C4DC0C0C07398F"))
    assert made == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(
    st.lists(st.integers(min_value=0, max_value=(1 << 48) * 1_000_000 - 1), min_size=2),
    st.binary(min_size=8, max_size=8),
)
def test_identifiers_are_uuids_that_sort_by_time(moments: list[int], random: bytes) -> None:
    made = [uuid7(moment, lambda _: random) for moment in sorted(moments)]
    assert made == sorted(made)
    for text in made:
        assert (uuid.UUID(text).version, uuid.UUID(text).variant) == (7, uuid.RFC_4122)
        assert canonical(text.upper()) == text


def test_times_are_rfc3339() -> None:
    assert rfc3339(0) == "1970-01-01T00:00:00.000Z"
    assert rfc3339(1_795_428_942_999_999_999) == "2026-11-23T10:15:42.999Z"


@dataclass(frozen=True)
class Example:
    some_text: str
    some_flag: bool
    some_default: str = "default"
    some_number: int = 7


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TEXT", "text")
    monkeypatch.setenv("SOME_FLAG", "true")
    monkeypatch.setenv("SOME_DEFAULT", "")
    monkeypatch.setenv("SOME_NUMBER", "12")
    assert environment.read(Example) == Example("text", True, some_number=12)
    monkeypatch.setenv("SOME_TEXT", "changed")
    assert environment.read(Example).some_text == "text"
    environment.forget()
    assert environment.read(Example).some_text == "changed"


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"SOME_FLAG": "true"}, "SOME_TEXT is not set"),
        ({"SOME_TEXT": "", "SOME_FLAG": "true"}, "SOME_TEXT is not set"),
        ({"SOME_TEXT": "x"}, "SOME_FLAG is not set"),
        ({"SOME_TEXT": "x", "SOME_FLAG": "hush"}, "SOME_FLAG is neither"),
        ({"SOME_TEXT": "x", "SOME_FLAG": "true", "SOME_NUMBER": "hush"}, "SOME_NUMBER is not a whole number"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], complaint: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(environment.SettingError, match=complaint) as refused:
        environment.read(Example)
    assert "hush" not in str(refused.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.decimals(allow_nan=False, allow_infinity=False, places=2),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(VALUES)
def test_what_is_stored_comes_back(value: Any) -> None:
    assert from_attribute(to_attribute(value)) == value


def test_numbers_are_stored_as_they_are_written() -> None:
    assert to_attribute(Decimal("1E+2")) == {"N": "100"}
    assert to_attribute(3) == {"N": "3"}
    assert to_attribute(True) == {"BOOL": True}
    for value in (1.5, b"x", {1}):
        with pytest.raises(TypeError):
            to_attribute(value)
    with pytest.raises(TypeError):
        from_attribute({"B": b"x"})


class _Source:
    """Counts how often it is asked, and can be made to fail."""

    def __init__(self) -> None:
        self.asked, self.now, self.fails = 0, 0.0, False
        self.cached = Refreshing(self._load, clock=lambda: self.now)

    def _load(self) -> int:
        self.asked += 1
        if self.fails:
            raise OSError
        return self.asked


def test_a_value_is_kept_for_five_minutes_and_no_longer() -> None:
    source = _Source()
    assert (source.cached.get(), source.cached.get()) == (1, 1)
    source.now = 300.0
    assert source.cached.get() == 1
    source.now, source.fails = 300.1, True
    for _ in range(2):
        with pytest.raises(OSError):
            source.cached.get()
    source.fails = False
    assert source.cached.get() == 4


def test_a_newer_value_is_looked_for_at_most_twice_a_minute() -> None:
    source = _Source()
    source.cached.get()
    assert [source.cached.newer() for _ in range(3)] == [1, 1, 1]
    source.now = 30.0
    assert [source.cached.newer() for _ in range(3)] == [2, 2, 2]
    source.now, source.fails = 60.0, True
    with pytest.raises(OSError):
        source.cached.newer()
    assert (source.cached.newer(), source.cached.get()) == (2, 2), "a failed look leaves the value that is still good"
