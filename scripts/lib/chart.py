"""Charts as SVG, small multiples on one page, drawn with nothing but text.

`draw(path, title, notes, panels)`; a panel says what its axes are, in which units, and has lines of
points. An axis is logarithmic where the values span much: x a factor of 8 or more, y one of 50.
"""

import dataclasses
import html
import math

WIDTH, HEIGHT, COLUMNS, GAP = 460, 300, 2, 26
LEFT, RIGHT, TOP, BOTTOM = 66, 18, 50, 52
COLOURS = ("#0b62a4", "#c44e00", "#2a7f3f", "#7a3e9d")
INK, GRID = "#222222", "#dddddd"


@dataclasses.dataclass
class Line:
    """`points`: (x, y), in order of x."""

    name: str
    points: list


@dataclasses.dataclass
class Panel:
    title: str
    x_label: str
    y_label: str
    lines: list
    # A y that a budget names, with what it is.
    mark: tuple | None = None


def draw(path, title, notes, panels):
    rows = -(-len(panels) // COLUMNS)
    columns = min(COLUMNS, len(panels))
    width = columns * (WIDTH + GAP) + GAP
    head = 44 + 17 * len(notes)
    height = head + rows * (HEIGHT + GAP) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" '
        f'font-size="12" fill="{INK}">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        text(GAP, 30, title, size=18, weight="bold"),
    ]
    parts += [text(GAP, 52 + 17 * index, note, colour="#555555")
              for index, note in enumerate(notes)]
    for index, panel in enumerate(panels):
        left = GAP + index % COLUMNS * (WIDTH + GAP)
        top = head + index // COLUMNS * (HEIGHT + GAP)
        parts.append(f'<g transform="translate({left} {top})">')
        parts += draw_panel(panel)
        parts.append("</g>")
    parts.append("</svg>")
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def text(x, y, content, size=12, anchor="start", weight="normal", colour=INK, extra=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}" fill="{colour}"{extra}>{html.escape(content)}</text>')


def draw_panel(panel):
    xs = sorted({x for line in panel.lines for x, _ in line.points})
    ys = [y for line in panel.lines for _, y in line.points] + ([panel.mark[0]] if panel.mark else [])
    place_x, ticks = x_scale(xs)
    place_y, y_ticks = y_scale(ys, may_be_log=not panel.y_label.startswith("%"))
    bottom = HEIGHT - BOTTOM

    parts = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="{GRID}"/>',
        text(12, 22, panel.title, size=14, weight="bold"),
        text(12, 40, panel.y_label, colour="#555555"),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, panel.x_label, anchor="middle",
             colour="#555555"),
    ]
    for tick in y_ticks:
        y = place_y(tick)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" '
                     f'stroke="{GRID}"/>')
        parts.append(text(LEFT - 7, y + 4, quantity(tick), anchor="end"))
    for x in ticks:
        parts.append(f'<line x1="{place_x(x):.1f}" y1="{bottom}" x2="{place_x(x):.1f}" '
                     f'y2="{bottom + 4}" stroke="{INK}"/>')
        parts.append(text(place_x(x), bottom + 18, quantity(x), anchor="middle"))
    parts.append(f'<line x1="{LEFT}" y1="{bottom}" x2="{WIDTH - RIGHT}" y2="{bottom}" '
                 f'stroke="{INK}"/>')
    if panel.mark:
        parts += draw_mark(panel.mark, place_y(panel.mark[0]))
    for number, line in enumerate(panel.lines):
        parts += draw_line(line, COLOURS[number % len(COLOURS)], place_x, place_y,
                           is_labelled=len(panel.lines) == 1)
    if len(panel.lines) > 1:
        parts += draw_legend(panel.lines)
    return parts


def draw_mark(mark, y):
    return [f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#b00020" '
            'stroke-dasharray="5 4"/>',
            text(WIDTH - RIGHT, y - 5, mark[1], anchor="end", size=11, colour="#b00020")]


def draw_line(line, colour, place_x, place_y, is_labelled):
    places = [(place_x(x), place_y(y)) for x, y in line.points]
    parts = []
    if len(places) > 1:
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" '
                     'stroke-width="2"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
    if is_labelled:
        parts += [text(x, y - 9, quantity(value), size=11, anchor="middle", colour=colour)
                  for (x, y), (_, value) in zip(places, line.points)]
    return parts


def draw_legend(lines):
    parts = []
    x = WIDTH - RIGHT - sum(26 + 6.6 * len(line.name) for line in lines)
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<circle cx="{x + 5}" cy="36" r="4" fill="{colour}"/>')
        parts.append(text(x + 14, 40, line.name, size=11))
        x += 26 + 6.6 * len(line.name)
    return parts


def x_scale(xs):
    """Where an x lies, and the ticks: the values themselves."""
    low, high = xs[0], xs[-1]
    positive = [x for x in xs if x > 0]
    is_log = len(positive) > 1 and positive[-1] / positive[0] >= 8
    room = WIDTH - RIGHT - LEFT - 40

    def place(x):
        if high == low:
            return LEFT + 20 + room / 2
        if is_log:
            # Zero, which has no logarithm, lies one step before the first.
            first = positive[0] / (positive[1] / positive[0]) if low <= 0 else low
            share = math.log(max(x, first) / first) / math.log(high / first)
        else:
            share = (x - low) / (high - low)
        return LEFT + 20 + room * share

    return place, xs


def y_scale(ys, may_be_log):
    """Where a y lies, and the ticks: from zero up, or powers of ten; shares from zero up."""
    bottom, top = HEIGHT - BOTTOM, max(ys) or 1
    positive = [y for y in ys if y > 0]
    if may_be_log and positive and top / min(positive) >= 50:
        low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(top))
        return (lambda y: bottom - (bottom - TOP) * (math.log10(max(y, 10**low)) - low)
                / (high - low)), [10**power for power in range(low, high + 1)]
    step = nice_step(top)
    high = step * math.ceil(top * 1.08 / step)
    return (lambda y: bottom - (bottom - TOP) * y / high), [
        count * step for count in range(round(high / step) + 1)]


def nice_step(top):
    """A step of 1, 2 or 5 times a power of ten that cuts `top` into four to eight."""
    raw = top / 5
    power = 10 ** math.floor(math.log10(raw))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(step - raw))


def quantity(value):
    """Such as 950, 1.5k, 20M; three digits at most."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"
