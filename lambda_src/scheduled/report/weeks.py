"""Weeks as ISO 8601 has them: from Monday to Sunday, here in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_LABEL = re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII)


class NotAWeek(Exception):
    """A text is not a week, or a week has not begun yet."""


@dataclass(frozen=True)
class Week:
    """A week of the ISO calendar, whose year is not always that of its days."""

    year: int
    number: int

    @property
    def label(self) -> str:
        """The week in ISO 8601's form, "2026-W47"."""
        return f"{self.year:04d}-W{self.number:02d}"

    @property
    def start(self) -> datetime:
        """Its first moment, UTC."""
        return datetime.combine(date.fromisocalendar(self.year, self.number, 1), datetime.min.time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it, UTC."""
        return self.start + timedelta(days=7)

    @property
    def days(self) -> tuple[date, ...]:
        """Its seven days, from Monday on."""
        return tuple(self.start.date() + timedelta(days=day) for day in range(7))


def week_before(moment: datetime) -> Week:
    """Return the last week that is over at a moment with a time zone."""
    year, number, _ = (moment.astimezone(UTC) - timedelta(days=7)).isocalendar()
    return Week(year, number)


def begun_week(label: str, moment: datetime) -> Week:
    """Return the week of a label, "2026-W47".

    Raises
    ------
    NotAWeek
        It is no week, or one that has not begun at `moment`.
    """
    match = _LABEL.fullmatch(label)
    if match is None:
        raise NotAWeek(label)
    week = Week(int(match[1]), int(match[2]))
    try:
        begun = week.start <= moment and week.end > week.start
    except (ValueError, OverflowError) as error:
        raise NotAWeek(label) from error
    if not begun:
        raise NotAWeek(label)
    return week
