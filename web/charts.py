"""Charts as SVG made on the server: plain markup, labels on the marks, no legend, no script, no inline style."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Point:
    """A value on a line chart; None leaves a gap. `bad` marks it as below the target by shape and colour."""

    label: str
    value: float | None
    told: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its label, drawn to scale."""

    label: str
    value: float | None
    told: str
    look: str = ""


def svg(width: float, height: float, title: str, parts: Iterable[str], css: str) -> Markup:
    """An image with a name; its text scales with it."""
    body = "".join(parts)
    head = f'<svg class="chart {css}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}">'
    return Markup(f"{head}{body}</svg>")  # noqa: S704  every part below escapes its text


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{css}" text-anchor="{anchor}">{escape(words)}</text>'


def line_chart(
    points: Sequence[Point], *, title: str, target: float | None, target_told: str, told: Callable[[float], str]
) -> Markup:
    """Shares (0..1) over days, with the target as a line. The axis begins a ten below all shown and says so."""
    width, height, left, right, top, bottom = 640.0, 200.0, 44.0, 70.0, 22.0, 24.0
    values = [p.value for p in points if p.value is not None]
    floor = _floor([*values, *([target] if target is not None else [])])
    inner = height - top - bottom
    step = (width - left - right) / max(len(points) - 1, 1)

    def x(i: int) -> float:
        return round(left + i * step, 1) if len(points) > 1 else left + (width - left - right) / 2

    def y(value: float) -> float:
        return round(top + (1 - (value - floor) / (1 - floor)) * inner, 1)

    parts: list[str] = []
    for tick in sorted({floor, round((floor + 1) / 2, 3), 1.0}):
        parts += [
            f'<line class="grid" x1="{left:g}" x2="{width - right:g}" y1="{y(tick):g}" y2="{y(tick):g}"/>',
            text(left - 6, y(tick) + 4, told(tick), "axis", "end"),
        ]
    if target is not None:
        parts += [
            f'<line class="target" x1="{left:g}" x2="{width - right:g}" y1="{y(target):g}" y2="{y(target):g}"/>',
            text(width - right + 6, y(target) + 4, target_told, "axis target-told"),
        ]
    parts += [f'<path class="stroke" d="{path}"/>' for path in _strokes(points, x, y)]
    parts += [_mark(p, x(i), y(p.value)) for i, p in enumerate(points) if p.value is not None]
    parts += _day_labels(points, x, height)
    last = next((i for i in reversed(range(len(points))) if points[i].value is not None), None)
    if last is not None and points[last].value is not None:
        at = y(points[last].value or 0.0)
        near = target is not None and abs(at - y(target)) < 13
        at += (-11 if (points[last].value or 0) >= (target or 0) else 12) if near else 0
        parts.append(text(x(last) + 8, at + 4, points[last].told, "value"))
    return svg(width, height, title, parts, "lines")


def columns(bars: Sequence[tuple[str, float, float, str]], *, title: str, told: Callable[[float], str]) -> Markup:
    """Columns over days: (label, total, part, words); the part is drawn solid in front of the total."""
    width, height, left, top, bottom = 1120.0, 160.0, 44.0, 16.0, 24.0
    most = max((total for _, total, _, _ in bars), default=0) or 1
    slot = (width - left - 20) / max(len(bars), 1)
    thick = min(slot * 0.7, 28)
    inner = height - top - bottom
    parts = [
        f'<line class="grid" x1="{left:g}" x2="{width:g}" y1="{top + inner:g}" y2="{top + inner:g}"/>',
        text(left - 6, top + inner + 4, told(0), "axis", "end"),
        text(left - 6, top + 4, told(most), "axis", "end"),
    ]
    for i, (_, total, part, words) in enumerate(bars):
        x = left + i * slot + (slot - thick) / 2
        for css, value in (("column", total), ("column part", part)):
            tall = round(inner * value / most, 1)
            parts.append(
                f'<rect class="{css}" x="{x:.1f}" y="{top + inner - tall:.1f}" width="{thick:.1f}" height="{tall:g}">'
                f"<title>{escape(words)}</title></rect>"
            )
    shown = [Point(label, None, "") for label, *_ in bars]
    parts += _day_labels(shown, lambda i: left + (i + 0.5) * slot, height)
    return svg(width, height, title, parts, "columns")


def heatmap(
    counts: Mapping[Cell, int],
    outlined: frozenset[Cell],
    *,
    title: str,
    rows: Sequence[str],
    told: Callable[[int, int, int], str],
) -> Markup:
    """Hour by weekday in five shades; the outline encloses the opening hours."""
    side, left, top = 24.0, 34.0, 4.0
    most = max(counts.values(), default=0)
    parts: list[str] = []
    for day, name in enumerate(rows):
        parts.append(text(left - 8, top + day * side + 16, name, "axis", "end"))
        for hour in range(24):
            count = counts.get((day, hour), 0)
            shade = 0 if not count else 1 + min(4, int(4 * count / most)) if most > 4 else min(count, 5)
            parts.append(
                f'<rect class="heat h{shade}" x="{left + hour * side + 1:g}" y="{top + day * side + 1:g}" '
                f'width="{side - 2:g}" height="{side - 2:g}" rx="2">'
                f"<title>{escape(told(day, hour, count))}</title></rect>"
            )
    parts.append(f'<path class="open-hours" d="{_outline(outlined, side, left, top)}"/>')
    parts += [
        text(left + hour * side + side / 2, top + 7 * side + 16, f"{hour}", "axis", "middle")
        for hour in range(0, 24, 3)
    ]
    return svg(left + 24 * side + 2, top + 7 * side + 22, title, parts, "heatmap")


def spread(bars: Sequence[Bar], *, title: str, target: float | None, target_told: str, most: float) -> Markup:
    """A few horizontal bars on a common scale, the target as a line across them."""
    width, left, right, row, top = 320.0, 36.0, 92.0, 22.0, 18.0
    inner, height = width - left - right, top + row * len(bars) + 4

    def reach(value: float) -> float:
        return round(inner * min(value / most, 1), 1) if most else 0.0

    parts: list[str] = []
    values: list[str] = []  # above the line, so that it does not strike them through
    for i, bar in enumerate(bars):
        y = top + i * row
        parts += [
            text(left - 6, y + 13, bar.label, "axis", "end"),
            (
                f'<rect class="reach {bar.look}" x="{left:g}" y="{y + 3:g}" '
                f'width="{reach(bar.value or 0):g}" height="13" rx="2"/>'
            ),
        ]
        values.append(text(left + reach(bar.value or 0) + 6, y + 13, bar.told, "value"))
    if target is not None:
        x = left + reach(target)
        parts += [
            f'<line class="target" x1="{x:g}" x2="{x:g}" y1="{top - 2:g}" y2="{height - 4:g}"/>',
            text(x, top - 6, target_told, "axis target-told", "middle" if 40 < x < width - 40 else "start"),
        ]
    return svg(width, height, title, [*parts, *values], "spread")


@dataclass(frozen=True, slots=True)
class Staffed:
    """One half hour of a day: agents needed and online, and the words for it."""

    slot: int
    needed: float
    online: float
    told: str


def roster(halves: Sequence[Staffed], *, title: str, first: int, last: int, most: float) -> Markup:
    """One day's half hours from slot `first` to `last`: agents online as columns, agents needed as a line over them;
    where too few are online the missing part is a column of its own.
    """
    width, height, left, top, bottom = 560.0, 120.0, 30.0, 10.0, 20.0
    step, inner, top_value = (width - left - 14) / (last - first + 1), height - top - bottom, max(most, 1.0)

    def y(value: float) -> float:
        return round(top + (1 - min(value / top_value, 1)) * inner, 1)

    parts = [
        f'<line class="grid" x1="{left:g}" x2="{width:g}" y1="{y(0):g}" y2="{y(0):g}"/>',
        text(left - 6, y(0) + 4, "0", "axis", "end"),
        text(left - 6, y(top_value) + 8, f"{top_value:g}", "axis", "end"),
    ]
    line, at = "", -1
    for half in halves:
        x = round(left + (half.slot - first) * step, 1)
        words = f"<title>{escape(half.told)}</title>"
        parts.append(_column("online", x, y(half.online), step, y(0), words))
        if half.needed > half.online:
            parts.append(_column("short", x, y(half.needed), step, y(half.online), words))
        line += f"{'L' if at == half.slot else 'M'}{x:g} {y(half.needed):g}h{step:.1f}"
        at = half.slot + 1
    parts.append(f'<path class="needed" d="{line}"/>')
    parts += [
        text(left + (slot - first) * step, height - 4, f"{slot // 2}", "axis", "middle")
        for slot in range(-(-first // 6) * 6, last + 2, 6)
    ]
    return svg(width, height, title, parts, "roster")


def load_bar(waiting: int, warned: int, breached: int, most: int, *, title: str) -> Markup:
    """A queue on the wallboard: breached in front, then warned, then the rest."""
    width, height = 600.0, 20.0
    scale = width / max(most, 1)
    parts, x = [], 0.0
    for css, count in (("breach", breached), ("risk", warned), ("running", max(waiting - warned - breached, 0))):
        parts.append(f'<rect class="load {css}" x="{x:g}" y="0" width="{count * scale:.1f}" height="{height:g}"/>')
        x += count * scale
    return Markup(  # noqa: S704  numbers and an escaped title
        f'<svg class="chart load-bar" viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def _column(css: str, x: float, top: float, wide: float, bottom: float, words: str) -> str:
    return (
        f'<rect class="{css}" x="{x + 1:g}" y="{top:g}" width="{max(wide - 2, 1):.1f}" '
        f'height="{max(bottom - top, 0):.1f}">{words}</rect>'
    )


def _floor(values: Sequence[float]) -> float:
    """The ten percent below everything, at most 90 %."""
    return max(0.0, min(int(min(values, default=0.0) * 10 - 1e-9) / 10, 0.9))


def _strokes(points: Sequence[Point], x: Callable[[int], float], y: Callable[[float], float]) -> Iterable[str]:
    run: list[str] = []
    for i, point in enumerate(points):
        if point.value is None:
            if len(run) > 1:
                yield " ".join(run)
            run = []
        else:
            run.append(f"{'L' if run else 'M'}{x(i):g} {y(point.value):g}")
    if len(run) > 1:
        yield " ".join(run)


def _mark(point: Point, x: float, y: float) -> str:
    words = f"<title>{escape(f'{point.label}: {point.told}')}</title>"
    if point.bad:
        return f'<path class="mark bad" d="M{x:g} {y - 5:g}l5 5l-5 5l-5 -5z">{words}</path>'
    return f'<circle class="mark" cx="{x:g}" cy="{y:g}" r="3">{words}</circle>'


def _day_labels(points: Sequence[Point], x: Callable[[int], float], height: float) -> list[str]:
    """At most eight, the first and the last always."""
    count = len(points)
    every = max(1, -(-count // 8))
    last = count - 1
    return [
        text(x(i), height - 6, p.label, "axis", "middle")
        for i, p in enumerate(points)
        if i == last or (i % every == 0 and last - i >= every)
    ]


def _outline(cells: frozenset[Cell], side: float, left: float, top: float) -> str:
    """The edges between cells inside and outside."""
    edges = []
    for day, hour in sorted(cells):
        x, y = left + hour * side, top + day * side
        around = (
            ((day - 1, hour), f"M{x:g} {y:g}h{side:g}"),
            ((day + 1, hour), f"M{x:g} {y + side:g}h{side:g}"),
            ((day, hour - 1), f"M{x:g} {y:g}v{side:g}"),
            ((day, hour + 1), f"M{x + side:g} {y:g}v{side:g}"),
        )
        edges += [edge for neighbour, edge in around if neighbour not in cells]
    return "".join(edges)


@dataclass(frozen=True, slots=True)
class Pair:
    """One bar of a comparison: a share (0..1) in a group, with its target; `kept` says whether it reaches it."""

    group: str
    label: str
    value: float | None
    told: str
    target: float | None = None
    kept: bool | None = None


def pairs(bars: Sequence[Pair], *, title: str) -> Markup:
    """Shares as bars from zero to one, grouped by name, each with a tick at its target; below it is marked by colour
    and a cross.
    """
    width, left, right, row, gap = 640.0, 130.0, 76.0, 24.0, 18.0
    scale = width - left - right
    parts: list[str] = []
    y, group = 0.0, ""
    for bar in bars:
        if bar.group != group:
            y += gap if group else 4
            group = bar.group
            parts.append(text(0, y + 12, group, "value"))
            y += 20
        look = "late" if bar.kept is False else ""
        parts.append(text(left - 8, y + 14, bar.label, "axis", "end"))
        if bar.value is not None:
            long = round(bar.value * scale, 1)
            parts.append(f'<rect class="reach {look}" x="{left:g}" y="{y + 2:g}" width="{long:g}" height="16"/>')
        if bar.target is not None:
            at = round(left + bar.target * scale, 1)
            parts.append(f'<line class="target" x1="{at:g}" x2="{at:g}" y1="{y - 1:g}" y2="{y + 21:g}"/>')
        told = f"× {bar.told}" if bar.kept is False else bar.told
        parts.append(text(left + scale + 8, y + 14, told, "value"))
        y += row
    return svg(width, y + 4, title, parts, "pairs")
