"""Pictures of the results: bars and lines as SVG, written by hand."""

import math
from dataclasses import dataclass
from html import escape

OURS, FLOOR, OTHER = "#2b6cb0", "#a0aec0", "#c05621"
COLOURS = ("#2b6cb0", "#c05621", "#2f855a", "#6b46c1", "#b83280", "#975a16")
WIDTH, LABELS, LINE = 860, 260, 22
PLOT = (400, 230)  # of one chart of lines


@dataclass
class Bar:
    name: str
    value: float
    colour: str
    remark: str = ""


@dataclass
class Panel:
    title: str
    bars: list


@dataclass
class Chart:
    """Lines over one quantity; both axes are logarithmic."""
    title: str
    across: str
    up: str
    lines: dict  # name: [(x, y)]


def document(width, height, parts):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>', *parts, "</svg>"]) + "\n"


def text(x, y, words, **attributes):
    """`attributes`: of SVG, with "_" for "-"."""
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(str(words))}</text>'


def bars(panels):
    parts, y = [], 10
    for panel in panels:
        y += 24
        parts.append(text(10, y, panel.title, font_weight="bold"))
        y += 8
        longest = max((bar.value for bar in panel.bars), default=0) or 1
        for bar in panel.bars:
            width = (WIDTH - LABELS - 130) * bar.value / longest
            parts += [
                text(LABELS - 8, y + 15, bar.name, text_anchor="end"),
                f'<rect x="{LABELS}" y="{y + 3}" width="{width:.1f}" height="{LINE - 6}"'
                f' fill="{bar.colour}"/>',
                text(LABELS + width + 6, y + 15,
                     f"{bar.value:,.0f}" + (f" ({bar.remark})" if bar.remark else ""))]
            y += LINE
    return document(WIDTH, y + 20, parts)


def lines(charts):
    """Two charts a row."""
    parts = []
    legend = max((len(chart.lines) + 1) // 2 for chart in charts) * 16
    width, height = PLOT[0] + 100, PLOT[1] + 100 + legend
    for number, chart in enumerate(charts):
        left, top = number % 2 * width, number // 2 * height
        parts.append(f'<g transform="translate({left + 70},{top + 40})">')
        parts += draw(chart)
        parts.append("</g>")
    return document(2 * width, math.ceil(len(charts) / 2) * height, parts)


def decades(values):
    """Powers of ten around all of `values`, and where a value lies between them, 0 to 1."""
    low = math.floor(math.log10(min(values)))
    high = max(low + 1, math.ceil(math.log10(max(values))))
    return range(low, high + 1), lambda value: (math.log10(value) - low) / (high - low)


def power(exponent):
    return f"10^{exponent}" if exponent > 3 or exponent < -2 else f"{10 ** exponent:g}"


def draw(chart):
    points = [point for line in chart.lines.values() for point in line if min(point) > 0]
    yield text(0, -14, chart.title, font_weight="bold")
    if not points:
        return
    across, place_x = decades([x for x, _ in points])
    up, place_y = decades([y for _, y in points])
    wide, high = PLOT
    for exponent in across:
        x = place_x(10.0 ** exponent) * wide
        yield f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{high}" stroke="#e2e8f0"/>'
        yield text(x, high + 16, power(exponent), text_anchor="middle", fill="#4a5568")
    for exponent in up:
        y = (1 - place_y(10.0 ** exponent)) * high
        yield f'<line x1="0" y1="{y:.1f}" x2="{wide}" y2="{y:.1f}" stroke="#e2e8f0"/>'
        yield text(-6, y + 4, power(exponent), text_anchor="end", fill="#4a5568")
    yield text(wide / 2, high + 32, chart.across, text_anchor="middle", fill="#4a5568")
    yield text(wide, -14, chart.up, text_anchor="end", fill="#4a5568")
    for number, (name, line) in enumerate(chart.lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        placed = [(place_x(x) * wide, (1 - place_y(y)) * high) for x, y in line if min(x, y) > 0]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in placed:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
        yield text(number % 2 * wide / 2, high + 52 + number // 2 * 16, name, fill=colour)
