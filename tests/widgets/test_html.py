from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from neuroflow.errors import FolderError
from neuroflow.models import Event
from neuroflow.widgets.common import html
from neuroflow.widgets.common.form_model import Problem
from neuroflow.widgets.common.progress import Bar, Progress

HOSTILE = ['<img src=x onerror="alert(1)">', "'><script>alert(1)</script>", "a & b", '" onfocus="x']


class Reader(HTMLParser):
    """Collects the tags, the attributes and the text that a browser would see."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.words.append(data)


def event(stage, study_id=None, done=1, total=4, status="progress", message=""):
    return Event(stage, study_id, done, total, status, message, datetime.now(UTC))


@pytest.mark.parametrize("value", HOSTILE)
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
    page = Reader(draw(value))
    assert not {"script"} & set(page.tags)
    assert page.tags.count("img") == (1 if "data:image" in draw(value) else 0)
    assert not [name for name in page.attributes if name.startswith("on")]


@pytest.mark.parametrize("missing", [None, pd.NA, pd.NaT, np.nan])
def test_missing_values_are_empty(missing):
    assert html.text(missing) == ""


def test_an_error_has_a_word_beside_its_colour_and_is_announced():
    drawn = html.problem(Problem("It broke.", "Rust.", "Oil it."))
    assert 'role="alert"' in drawn
    assert "".join(Reader(drawn).words).startswith("✗ Error: It broke.")


def test_every_column_and_row_of_a_table_has_a_header():
    drawn = html.table(pd.DataFrame({"study": ["a", "b"], "state": ["x", "y"]}), caption="All")
    assert drawn.count('scope="col"') == 2
    assert drawn.count('scope="row"') == 2
    assert "<caption>All</caption>" in drawn


def test_bars_say_in_words_how_far_they_are():
    progress = Progress().after([event("upload", done=2_000_000, total=4_000_000)])
    assert "2.0 of 4.0 MB, 50%" in "".join(Reader(html.progress(progress)).words)


def test_many_studies_under_way_are_counted_not_drawn():
    progress = Progress().after([event("upload", f"study-{n}") for n in range(20)])
    assert "and 14 more in progress" in html.progress(progress)


def test_an_error_brings_what_the_documentation_says_of_it():
    drawn = html.problem(Problem.of(FolderError("Empty.")))
    assert "More about this error" in drawn
    assert "a mistyped path" in drawn
    assert "More about this error" not in html.problem(Problem.of(ValueError("odd")))


def test_how_fast_and_how_long_is_told_while_it_runs_only():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    samples = ((start, 0), (start + timedelta(seconds=10), 20_000_000))
    progress = Progress((Bar("upload", 20_000_000, 400_000_000, samples=samples),))
    assert "2.0 MB/s, about 3 min left" in html.progress(progress, is_running=True)
    assert "left" not in html.progress(progress)
