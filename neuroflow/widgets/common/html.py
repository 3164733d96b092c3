"""HTML for the forms; every string from a server, a file or a user is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import resources

import pandas as pd

from neuroflow.errors import explain
from neuroflow.escaping import for_html
from neuroflow.widgets.common.form_model import Problem
from neuroflow.widgets.common.progress import Bar, Progress

SYMBOLS = {"good": "✓", "bad": "✗", "wait": "…", "warn": "!", "": "·"}
"""Symbol of each tone, always shown beside words."""
STATIC = "neuroflow.widgets.static"
"""The package of style sheets and scripts."""
MAX_STUDIES = 6
"""How many studies in progress are drawn."""


def read_resource(package: str, *path: str) -> str:
    """Return the text of a file that comes with a package."""
    return resources.files(package).joinpath(*path).read_text(encoding="utf-8")


def text(value: object) -> str:
    """Escape any value for HTML text and attributes.

    >>> text("<img src=x onerror=alert(1)>")
    '&lt;img src=x onerror=alert(1)&gt;'
    """
    missing = value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124
    return "" if missing else for_html(str(value))


def badge(tone: str, words: object) -> str:
    """Return words with the symbol and colour of a tone."""
    return _signed(f"nf-{tone or 'plain'}", tone, words)


def chip(tone: str, words: object) -> str:
    """Return a state in a word or two, with the symbol and the colours of its tone.

    >>> chip("good", "ready")
    '<span class="nf-chip nf-good"><span aria-hidden="true">✓</span> ready</span>'
    """
    return _signed(f"nf-chip nf-{tone or 'plain'}", tone, words)


def chips(pairs: Iterable[tuple[str, object]]) -> str:
    """Return states side by side; each a pair of tone and words."""
    shown = "".join(chip(tone, words) for tone, words in pairs)
    return f'<span class="nf-chips">{shown}</span>' if shown else ""


def _signed(kind: str, tone: str, words: object) -> str:
    sign = f'<span aria-hidden="true">{SYMBOLS[tone]}</span>'
    return f'<span class="{kind}">{sign} {text(words)}</span>'


def selection(names: Sequence[str]) -> str:
    """Return which rows are selected, the first of them by name.

    >>> selection(["a", "b", "c", "d", "e"])
    '<p class="nf-head" role="status">Selected: a, b, c and 2 more</p>'
    """
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f'<p class="nf-head" role="status">Selected: {text(", ".join(names[:3]) + more)}</p>'


def problem(item: Problem) -> str:
    """Return a problem as an alert that screen readers announce."""
    rest = " ".join(text(part) for part in (item.why, item.advice) if part)
    return (
        '<div class="nf-problem"><div role="alert"><strong>'
        f'<span aria-hidden="true">✗</span> Error: {text(item.what)}</strong>'
        f"{'<br>' if rest else ''}{rest}</div>{_details(item.anchor)}</div>"
    )


def problems_of(field: str, problems: Iterable[Problem], wrong: Mapping[str, str]) -> str:
    """Return what is wrong in a field as it stands, and the problems that were reported there."""
    now = f'<p role="status">{badge("bad", wrong[field])}</p>' if field in wrong else ""
    return now + "".join(problem(item) for item in problems if item.at == field)


def _details(anchor: str) -> str:
    """Return the section of the documentation on an error, collapsed."""
    if not anchor:
        return ""
    explanation = explain(anchor).partition("\n")[2].strip()
    return (
        f"<details><summary>More about this error</summary><pre>{text(explanation)}</pre></details>"
    )


def bullets(lines: Iterable[str], *, heading: str = "") -> str:
    """Return lines as an HTML list.

    >>> bullets(["a < b"])
    '<ul class="nf-list"><li>a &lt; b</li></ul>'
    """
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    if not items:
        return ""
    head = f'<p class="nf-head">{text(heading)}</p>' if heading else ""
    return f'{head}<ul class="nf-list">{items}</ul>'


def table(
    frame: pd.DataFrame, *, caption: str, tones: Sequence[str] | None = None, by: str = "state"
) -> str:
    """Return a DataFrame as an HTML table with header cells for columns and rows."""
    columns = [str(column) for column in frame.columns]
    tone_column = columns.index(by) if tones is not None else 0
    head = "".join(f'<th scope="col">{text(column)}</th>' for column in columns)
    rows = []
    for number, row in enumerate(frame.itertuples(index=False)):
        cells = [text(value) for value in row]
        if tones is not None and cells:
            cells[tone_column] = chip(tones[number], row[tone_column])
        first, *others = cells or [""]
        rest = "".join(f"<td>{cell}</td>" for cell in others)
        rows.append(f'<tr><th scope="row">{first}</th>{rest}</tr>')
    return (
        f'<div class="nf-scroll" tabindex="0" role="region" aria-label="{text(caption)}">'
        f'<table class="nf-table"><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def facts(pairs: Iterable[tuple[str, str]], *, caption: str) -> str:
    """Return pairs of name and value as a small table.

    >>> facts([("PD", "96%")], caption="In short")[51:]
    '<tr><th scope="row">PD</th><td>96%</td></tr></table>'
    """
    rows = "".join(
        f'<tr><th scope="row">{text(name)}</th><td>{text(value)}</td></tr>' for name, value in pairs
    )
    if not rows:
        return ""
    return f'<table class="nf-table"><caption>{text(caption)}</caption>{rows}</table>'


def progress(
    value: Progress, names: dict[str, str] | None = None, *, is_running: bool = False
) -> str:
    """Return the progress bars of a task."""
    names = names or {}
    stages = value.stages if is_running else [replace(bar, samples=()) for bar in value.stages]
    lines = [_bar(bar, bar.name.replace("_", " ").capitalize(), "nf-bar") for bar in stages]
    shown = value.in_flight[:MAX_STUDIES]
    lines += [_bar(bar, names.get(bar.name, bar.name[:8]), "nf-bar nf-study") for bar in shown]
    if is_running and all(bar.fraction == 1.0 for bar in stages):
        lines.append('<div class="nf-bar"><progress aria-label="Working"></progress></div>')
    more = len(value.in_flight) - len(shown)
    if more > 0:
        lines.append(f'<div class="nf-bar">and {more} more in progress</div>')
    failed = [f"{names.get(bar.name, bar.name)}: {bar.message}" for bar in value.failed]
    return "".join(lines) + bullets(failed, heading="Failed" if failed else "")


def picture(
    data: str, *, alternative: str, kind: str = "image/webp", part: str = "nf-picture"
) -> str:
    """Return an image element with embedded data."""
    return f'<img class="{part}" alt="{text(alternative)}" src="data:{kind};base64,{data}">'


def _bar(bar: Bar, label: str, kind: str) -> str:
    part = bar.fraction
    value = "" if part is None else f' value="{part:.4f}"'
    words = (bar.amount, "" if part is None else f"{part:.0%}", bar.speed, bar.message)
    return (
        f'<div class="{kind}"><span class="nf-name">{text(label)}</span>'
        f'<progress max="1"{value} aria-label="{text(label)}"></progress>'
        f"<span>{text(', '.join(part for part in words if part))}</span></div>"
    )
