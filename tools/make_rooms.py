"""Draw docs/images/rooms.svg: the rooms of neuroflow and the flow of data.

Run with ``python tools/make_rooms.py``. A test compares the rooms in the picture with the packages.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

FILE = Path(__file__).parent.parent / "docs" / "images" / "rooms.svg"
WIDTH, HEIGHT = 1066, 606
WAY = (
    ("scans", ("folder", "of scans")),
    ("studies", ("study", "findings", "package")),
    ("transfer", ("upload", "download")),
    ("results", ("values", "cohort table")),
    ("compare", ("effects", "z-scores")),
    ("plot", ("figures",)),
)
"""The rooms that data go through, from left to right, and what comes out of each."""
ABOVE = (
    (("cli",), "the only room that prints and exits"),
    (("widgets", "demo"), "the forms; the embedded service"),
    (("sharing",), "reports, their verification, and datasets"),
    (("workspace",), "one project: composes the stages below"),
)
BELOW = (
    (("identity", "matrix"), "ids of studies; the table as studies x regions"),
    (("contract", "io", "ledger", "events"), "used by all stages; they never import back"),
    (("models", "errors", "escaping", "wording"), "values and texts, known to every room"),
)
STEP = 54
"""From one floor to the next."""
STYLE = """
text { font: 15px system-ui, sans-serif; fill: #1f2937; text-anchor: middle; }
.small { font-size: 13px; fill: #4b5563; }
.note { font-size: 13px; fill: #4b5563; text-anchor: start; }
.room { font-family: ui-monospace, monospace; font-weight: 600; }
rect { fill: #ffffff; stroke: #64748b; rx: 6; }
.way { fill: #e6f4f4; stroke: #0a7d91; }
.outside { fill: #f8fafc; stroke: #94a3b8; stroke-dasharray: 5 4; }
.floor { fill: #f8fafc; stroke: none; rx: 0; }
.paper { stroke: none; }
path { stroke: #0a7d91; stroke-width: 2; fill: none; marker-end: url(#tip); }
"""


def box(x: float, y: float, width: float, height: float, name: str, *, kind: str = "") -> str:
    """Draw a room."""
    return (
        f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}"/>'
        f'<text class="room" x="{x + width / 2}" y="{y + 24}">{escape(name)}</text>'
    )


def floor(y: float, names: tuple[str, ...], note: str) -> list[str]:
    """Draw rooms side by side on one floor, and what the floor is for."""
    parts = [f'<rect class="floor" x="0" y="{y - 6}" width="{WIDTH}" height="50"/>']
    wide = 122.0
    for place, name in enumerate(names):
        parts.append(box(10 + place * (wide + 8), y, wide, 38, name))
    parts.append(
        f'<text class="note" x="{22 + len(names) * (wide + 8)}" y="{y + 24}">{note}</text>'
    )
    return parts


def flow(y: float) -> list[str]:
    """Draw the rooms that data go through, and the service outside."""
    parts, wide, gap = [], 130.0, 48.0
    for place, (name, made) in enumerate(WAY):
        x = 10 + place * (wide + gap)
        parts.append(box(x, y, wide, 100, name, kind="way" if place else "outside"))
        for line, text in enumerate(made):
            parts.append(
                f'<text class="small" x="{x + wide / 2}" y="{y + 46 + 18 * line}">{text}</text>'
            )
        if place:
            parts.append(f'<path d="M{x - gap + 4},{y + 50} H{x - 6}"/>')
    middle = 10 + 2 * (wide + gap) + wide / 2
    parts.append(box(middle - 110, y + 138, 220, 36, "the service, over SFTP", kind="outside"))
    parts.append(f'<path d="M{middle - 25},{y + 104} V{y + 132}"/>')
    parts.append(f'<path d="M{middle + 25},{y + 136} V{y + 106}"/>')
    return parts


def picture() -> str:
    """Return the picture as SVG."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        "<title>The rooms of neuroflow and the flow of data</title>"
        f"<style>{STYLE}</style>"
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" '
        'markerHeight="6" orient="auto"><polygon points="0,0 8,4 0,8" fill="#0a7d91"/>'
        "</marker></defs>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" class="paper"/>'
    )
    below = 16 + len(ABOVE) * STEP + 220
    parts = [
        *(part for n, row in enumerate(ABOVE) for part in floor(16 + n * STEP, *row)),
        *flow(below - 204),
        *(part for n, row in enumerate(BELOW) for part in floor(below + n * STEP, *row)),
    ]
    return "\n".join([head, *parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8", newline="\n")
