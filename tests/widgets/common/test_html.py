from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from support.forms import MarkupReader, event

from neuroflow.errors import FolderError
from neuroflow.widgets.common import html
from neuroflow.widgets.common.form_model import Problem
from neuroflow.widgets.common.progress import Bar, Progress

NAMES = ['<img src=x onerror="alert(1)">', "'><script>alert(1)</script>", "a & b", '" onfocus="x']


@pytest.mark.parametrize("value", NAMES)
@pytest.mark.parametrize(
    "draw",
    [
        html.text,
        lambda v: html.badge("bad", v),
        lambda v: html.problem(Problem(v, v, v)),
        lambda v: html.bullets([v], heading=v),
        lambda v: html.table(pd.DataFrame({v: [v], "state": [v]}), caption=v, tones=["bad"]),
        lambda v: html.picture("AAAA", alternative=v),
        lambda v: html.progress(
            Progress().after([event(v), event("upload", "s"), event("x", "t", 1, 1, "failed", v)]),
            {"s": v, "t": v},
        ),
    ],
)
def test_a_hostile_name_stays_text_wherever_it_is_drawn(draw, value):
    page = MarkupReader(draw(value))
    assert not {"script"} & set(page.tags)
    assert page.tags.count("img") == (1 if "data:image" in draw(value) else 0)
    assert not [name for name in page.attributes if name.startswith("on")]


@pytest.mark.parametrize("missing", [None, pd.NA, pd.NaT, np.nan])
def test_missing_values_are_empty(missing):
    assert html.text(missing) == ""


def test_error_has_a_word_and_is_announced():
    drawn = html.problem(Problem("It broke.", "Rust.", "Oil it."))
    assert 'role="alert"' in drawn
    assert "".join(MarkupReader(drawn).words).startswith("✗ Error: It broke.")


def test_every_column_and_row_of_a_table_has_a_header():
    drawn = html.table(pd.DataFrame({"study": ["a", "b"], "state": ["x", "y"]}), caption="All")
    assert drawn.count('scope="col"') == 2
    assert drawn.count('scope="row"') == 2
    assert "<caption>All</caption>" in drawn


def test_bars_show_progress_in_words():
    progress = Progress().after([event("upload", done=2_000_000, total=4_000_000)])
    assert "2.0 of 4.0 MB, 50%" in "".join(MarkupReader(html.progress(progress)).words)


def test_many_studies_in_flight_are_counted():
    progress = Progress().after([event("upload", f"study-{n}") for n in range(20)])
    assert "and 14 more in progress" in html.progress(progress)


def test_error_includes_its_documentation():
    drawn = html.problem(Problem.of(FolderError("Empty.")))
    assert "More about this error" in drawn
    assert "a mistyped path" in drawn
    assert "More about this error" not in html.problem(Problem.of(ValueError("odd")))


def test_speed_and_time_left_are_shown_only_while_running():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    samples = ((start, 0), (start + timedelta(seconds=10), 20_000_000))
    progress = Progress((Bar("upload", 20_000_000, 400_000_000, samples=samples),))
    assert "2.0 MB/s, about 3 min left" in html.progress(progress, is_running=True)
    assert "left" not in html.progress(progress)


def test_a_badge_has_the_symbol_of_its_tone():
    assert html.badge("good", "connected") == (
        '<span class="nf-good"><span aria-hidden="true">✓</span> connected</span>'
    )
