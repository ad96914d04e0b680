"""Plots as SVG text for an HTML page: no file beside it, no script, text in the page's own colour."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating] | Sequence[float]

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 44
_DECIMALS = 1  # of coordinates: a tenth of a pixel of the screen


@dataclass(frozen=True)
class Axes:
    """A plane to plot on, both axes from zero.

    Attributes:
        across: what the horizontal axis is, with its unit.
        up: what the vertical axis is, with its unit.
        right: largest value of the horizontal axis, above 0.
        top: largest value of the vertical axis, above 0.
        width: of the plot in pixels, with its labels.
        height: likewise.
    """

    across: str
    up: str
    right: float
    top: float
    width: int = 440
    height: int = 300

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point is drawn; what lies outside the axes is drawn at their ends."""
        along, above = min(max(x / self.right, 0), 1), min(max(y / self.top, 0), 1)
        across = _LEFT + along * (self.width - _LEFT - _RIGHT)
        return round(across, _DECIMALS), round(
            self.height - _BOTTOM - above * (self.height - _TOP - _BOTTOM), _DECIMALS
        )

    def plot(self, parts: Sequence[str], legend: Sequence[tuple[str, str]] = ()) -> str:
        """The SVG: axes with ticks, what is drawn on them, and a legend at the upper right.

        Args:
            parts: of :meth:`curve`, :meth:`band`, :meth:`dot` and :meth:`note`, the last on top.
            legend: text and colour of each line.
        """
        x0, y0 = self.place(0, 0)
        x1, y1 = self.place(self.right, self.top)
        lines = [f'<path d="M{x0} {y1}V{y0}H{x1}" fill="none" stroke="currentColor"/>']
        for value in ticks(self.right):
            at, _ = self.place(value, 0)
            lines += [_grid(at, y0, at, y1), svg_text(at, y0 + 16, f"{value:g}", "middle")]
        for value in ticks(self.top):
            _, at = self.place(0, value)
            lines += [_grid(x0, at, x1, at), svg_text(x0 - 6, at + 4, f"{value:g}", "end")]
        lines.append(svg_text((x0 + x1) / 2, self.height - 8, self.across, "middle"))
        middle = (y0 + y1) / 2
        lines.append(f'<g transform="rotate(-90 14 {middle:g})">{svg_text(14, middle, self.up, "middle")}</g>')
        for number, (text, colour) in enumerate(legend):
            lines.append(svg_text(x1 - 6, y1 + 14 + 16 * number, text, "end", colour))
        return svg([*lines, *parts], self.width, self.height, f"{self.up} over {self.across}")

    def curve(self, x: Values, y: Values, colour: str, dashes: str = "") -> str:
        """A line through points; ``dashes`` as SVG has them."""
        extra = f' stroke-dasharray="{dashes}"' if dashes else ""
        return f'<polyline points="{self._points(x, y)}" fill="none" stroke="{colour}" stroke-width="2"{extra}/>'

    def band(self, x: Values, low: Values, high: Values, colour: str) -> str:
        """What lies between two curves, as doubt is drawn."""
        outline = f"{self._points(x, high)} {self._points(list(x)[::-1], list(low)[::-1])}"
        return f'<polygon points="{outline}" fill="{colour}" opacity="0.22"/>'

    def dot(self, x: float, y: float, doubt: float, colour: str, *, hollow: bool = False) -> str:
        """A point with a bar of its doubt up and down."""
        across, up = self.place(x, y)
        bar = f"M{across} {self.place(x, y - doubt)[1]}V{self.place(x, y + doubt)[1]}"
        inside = "none" if hollow else colour
        circle = f'<circle cx="{across}" cy="{up}" r="4" fill="{inside}" stroke="{colour}" stroke-width="1.5"/>'
        return f'<path d="{bar}" stroke="{colour}"/>{circle}'

    def note(self, x: float, text: str) -> str:
        """A dashed vertical line with a word at its top."""
        (across, low), (_, high) = self.place(x, 0), self.place(x, self.top)
        line = f'<path d="M{across} {low}V{high}" stroke="currentColor" stroke-dasharray="2 4" opacity="0.6"/>'
        return line + svg_text(across + 5, high + 12, text, "start")

    def _points(self, x: Values, y: Values) -> str:
        return " ".join("{},{}".format(*self.place(*point)) for point in zip(x, y, strict=True))


def ticks(largest: float) -> list[float]:
    """Round values from 0 to the largest, four to nine of them.

    >>> ticks(1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    rough = 10 ** math.floor(math.log10(largest))
    step = next(rough * part for part in (0.1, 0.2, 0.5, 1, 2) if largest / (rough * part) <= 8.5)
    return [round(number * step, 10) for number in range(math.floor(largest / step + 1e-9) + 1)]


def svg(parts: Sequence[str], width: int, height: int, label: str) -> str:
    """A drawing that shrinks with a narrow page; the label is what it says to those who cannot see it."""
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    style = "max-width:100%;height:auto;font:12px system-ui,sans-serif"
    name = html.escape(label)
    return f'<svg {size} style="{style}" role="img" aria-label="{name}">{"".join(parts)}</svg>'


def svg_text(x: float, y: float, text: str, anchor: str, colour: str = "currentColor") -> str:
    """A line of text; ``anchor`` is start, middle or end."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}">{html.escape(text)}</text>'


def _grid(x0: float, y0: float, x1: float, y1: float) -> str:
    return f'<path d="M{x0} {y0}L{x1} {y1}" stroke="currentColor" opacity="0.12"/>'
