"""Plots as small drawings in the page: what looking tells faster than reading, with the same as a table behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from selfserve.web.parts.markup import NOTHING, heading, joined

WIDE, HIGH, GAP = 480, 96, 4


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of value: its name, its tone (`ok`, `warn`, `bad`, `info`), and a value for each column."""

    name: str
    tone: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Plot:
    """Columns of stacked bars. `says` tells the whole in a sentence, to those who do not see it; `words` is what each
    column says where one points at it; `ticks` stand below, evenly; `most` is what the full height is, in words;
    where there is no bar it stands in the frame, and says why."""

    title: str
    says: str
    series: Sequence[Series]
    words: Sequence[str]
    ticks: Sequence[str]
    most: str
    legend: bool = True


def plot(one: Plot) -> Markup:
    """The drawing, under its title."""
    top = max((sum(_column(one, at)) for at in range(len(one.words))), default=0)
    bars = joined(_bars(one, at, top) for at in range(len(one.words)))
    return Markup(
        '<div class="s-plot"><div class="s-plot-h">{}{}</div><p class="s-plot-m" aria-hidden="true">{}</p>'
        '<div class="s-plot-f">'
        '<svg role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">{}</svg>{}</div>'
        '<div class="s-plot-x" aria-hidden="true">{}</div></div>'
    ).format(
        heading(one.title, 2),
        _legend(one.series) if one.legend else NOTHING,
        one.most if top else NOTHING,
        one.says,
        WIDE,
        HIGH,
        bars,
        NOTHING if top else Markup('<p class="s-plot-none" aria-hidden="true">{}</p>').format(one.most),
        joined(Markup("<span>{}</span>").format(tick) for tick in one.ticks),
    )


def _column(one: Plot, at: int) -> list[float]:
    return [series.values[at] for series in one.series]


def _bars(one: Plot, at: int, top: float) -> Markup:
    """One column; all of its height can be pointed at."""
    step = WIDE / len(one.words)
    inner = joined(_pieces(one, at, top, step))
    return Markup('<g><title>{}</title><rect class="s-plot-g" x="{}" y="0" width="{}" height="{}"/>{}</g>').format(
        one.words[at], round(at * step, 1), round(step, 1), HIGH, inner
    )


def _pieces(one: Plot, at: int, top: float, step: float) -> Iterator[Markup]:
    x, wide, y = round(at * step + GAP / 2, 1), round(step - GAP, 1), float(HIGH)
    shape = Markup('<rect class="s-plot-{}" x="{}" y="{}" width="{}" height="{}"/>')
    for series in one.series:
        value = series.values[at]
        if value:
            high = max(2.0, (HIGH - 2) * value / top)  # the least is seen as well
            y -= high
            yield shape.format(series.tone, x, round(max(y, 0), 1), wide, round(high, 1))


def _legend(series: Sequence[Series]) -> Markup:
    names = joined(Markup('<li class="s-plot-{}"><i></i>{}</li>').format(one.tone, one.name) for one in series)
    return Markup('<ul class="s-legend">{}</ul>').format(names)


def table(head: Sequence[str], lines: Sequence[Sequence[str | Markup]], caption: str) -> Markup:
    """A table; the first cell of each line is its heading. All others are numbers."""
    top = joined(Markup('<th scope="col">{}</th>').format(words) for words in head)
    body = joined(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            line[0], joined(Markup("<td>{}</td>").format(cell) for cell in line[1:])
        )
        for line in lines
    )
    return Markup(
        '<table class="s-table"><caption class="s-hidden">{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table>"
    ).format(caption, top, body)
