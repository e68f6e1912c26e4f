"""Bar charts as inline SVG: no script, no external resource, readable by a screen reader and without CSS.

Sizes are SVG user units. Colours are presentation attributes, which any style sheet overrides (SVG 2, section 6.6), so
that a chart without one is still a chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 640
COLUMNS_HEIGHT = 240
ROW_HEIGHT = 28
# Room for the labels of rows; longer ones are cut in the picture, and whole in the table beside it.
LABEL_WIDTH = 170
LABEL_LENGTH = 22
_VALUE_WIDTH = 60
_TOP = 24
_BOTTOM = 28
_BAR = "#2563eb"
_INK = "#1f2937"


@dataclass(frozen=True)
class Bar:
    """A bar: its label, and a count of 0 or more."""

    label: str
    value: int


def column_chart(identifier: str, title: str, bars: Sequence[Bar]) -> str:
    """Return a chart of vertical bars, for what has an order of its own.

    Parameters
    ----------
    identifier
        Tells the chart from the others of the page; an XML name.
    title
        What it shows.
    bars
        From left to right. All zero, or none, give a chart with a base line and the words "No items".
    """
    largest = max((bar.value for bar in bars), default=0)
    base = COLUMNS_HEIGHT - _BOTTOM
    step = WIDTH / max(len(bars), 1)
    parts = []
    for position, bar in enumerate(bars):
        height = (base - _TOP) * bar.value / largest if largest else 0.0
        middle = (position + 0.5) * step
        parts.append(_rect(middle - step * 0.35, base - height, step * 0.7, height))
        parts.append(_text(middle, base - height - 6, str(bar.value), "middle"))
        parts.append(_text(middle, base + 18, bar.label, "middle"))
    parts.append(f'<path class="axis" d="M0 {base}H{WIDTH}" stroke="{_INK}" fill="none"/>')
    if not largest:
        parts.append(_text(WIDTH / 2, COLUMNS_HEIGHT / 2, "No items", "middle"))
    return _svg(identifier, title, bars, COLUMNS_HEIGHT, parts)


def row_chart(identifier: str, title: str, bars: Sequence[Bar]) -> str:
    """Return a chart of horizontal bars, for what has long labels.

    Parameters
    ----------
    identifier
        Tells the chart from the others of the page; an XML name.
    title
        What it shows.
    bars
        From top to bottom; none give a chart with the words "No items".
    """
    largest = max((bar.value for bar in bars), default=0)
    height = ROW_HEIGHT * max(len(bars), 1) + 8
    parts = []
    for position, bar in enumerate(bars):
        width = (WIDTH - LABEL_WIDTH - _VALUE_WIDTH) * bar.value / largest if largest else 0.0
        top = 4 + position * ROW_HEIGHT
        parts.append(_text(LABEL_WIDTH - 8, top + 19, _short(bar.label), "end"))
        parts.append(_rect(LABEL_WIDTH, top + 4, width, ROW_HEIGHT - 8))
        parts.append(_text(LABEL_WIDTH + width + 6, top + 19, str(bar.value), "start"))
    parts.append(f'<path class="axis" d="M{LABEL_WIDTH} 0V{height}" stroke="{_INK}" fill="none"/>')
    if not largest:
        parts.append(_text(WIDTH / 2, height / 2 + 5, "No items", "middle"))
    return _svg(identifier, title, bars, height, parts)


def describe(bars: Sequence[Bar]) -> str:
    """Return what a chart shows in words."""
    return "; ".join(f"{bar.label}: {bar.value}" for bar in bars) + "." if bars else "No items."


def _svg(identifier: str, title: str, bars: Sequence[Bar], height: int, parts: Sequence[str]) -> str:
    """Return a whole picture. WAI-ARIA names `img` as the role of what is one picture to a reader."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{identifier}" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="{identifier}-title {identifier}-desc" '
        'font-family="system-ui, sans-serif" font-size="13">'
        f'<title id="{identifier}-title">{escape(title)}</title>'
        f'<desc id="{identifier}-desc">{escape(describe(bars))}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _rect(x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" fill="{_BAR}"/>'


def _text(x: float, y: float, content: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}">{escape(content)}</text>'


def _short(label: str) -> str:
    return label if len(label) <= LABEL_LENGTH else f"{label[: LABEL_LENGTH - 1]}\N{HORIZONTAL ELLIPSIS}"
