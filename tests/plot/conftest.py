"""Figures that can be read: what every plot must keep."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from support.comparison_tables import realistic_table

from neuroflow.compare import compare_groups
from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.plot.common.style import DOUBLE_COLUMN, SINGLE_COLUMN, style

GROUPS = {"Control": 8, "PD": 8, "MSA": 8, "PSP": 8}


@pytest.fixture(autouse=True)
def usual_style():
    yield
    style()


@pytest.fixture(params=["light", "dark"])
def theme(request):
    return request.param


@pytest.fixture(scope="package")
def table():
    return realistic_table(seed=2, missing=0.02)


@pytest.fixture(scope="package")
def effects(table):
    return compare_groups(table, reference="Control", covariates=["age", "sex"])


@pytest.fixture(scope="package")
def larger_table():
    return realistic_table({"Control": 20, "PD": 14, "MSA": 12, "PSP": 15}, seed=2, missing=0.02)


@pytest.fixture(scope="package")
def scored_table():
    table = realistic_table(GROUPS, seed=3, missing=0.01)
    names = table["study_id"].unique()
    scores = np.random.default_rng(0).normal(30, 10, len(names)).round()
    return table.assign(updrs=table["study_id"].map(dict(zip(names, scores, strict=True))))


@pytest.fixture(scope="package")
def visits():
    first = realistic_table(GROUPS, seed=3)
    first = first[first["region"].isin(["pSN", "SCP"])]
    studies = first.drop_duplicates("study_id")
    frames = [first]
    for visit, years in ((2, 1.0), (3, 3.0)):
        parts = [
            simulate(Subject(row.participant_id, row.group, row.age + years, row.sex, visit))
            .query("region == 'SCP' and metric == 'FW'")["value"].item()
            for row in studies.itertuples()
        ]  # fmt: skip
        value = dict(zip(studies["participant_id"], parts, strict=True))
        later = first[(first["region"] == "SCP") & (first["metric"] == "FW")]
        frames.append(
            later.assign(
                study_id=later["study_id"] + f"v{visit}",
                session_id=str(visit),
                age=later["age"] + years,
                value=later["participant_id"].map(value),
            )
        )
    return pd.concat(frames, ignore_index=True)


@pytest.fixture
def assert_readable():
    """No text below 8 pt, none outside the figure, none over another; a journal's width."""

    def check(ax):
        figure = ax.figure
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        renderer = canvas.get_renderer()
        width, height = figure.bbox.width, figure.bbox.height
        assert round(figure.get_figwidth() * 25.4) in (SINGLE_COLUMN, DOUBLE_COLUMN)
        texts = [text for text in figure.findobj(Text) if text.get_visible()]
        beyond = _beyond(figure)
        boxes = []
        for text in texts:
            if not text.get_text().strip() or text in beyond:
                continue
            assert text.get_fontsize() >= 8, text.get_text()
            box = text.get_window_extent(renderer)
            inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
            assert inside, f"{text.get_text()!r} is clipped"
            boxes.append((text.get_text(), box.padded(-1)))
        assert len(boxes) > 3
        names, edges = zip(*boxes, strict=True)
        left, bottom, right, top = np.array([box.extents for box in edges]).T
        over = (left[:, None] <= right) & (right[:, None] >= left)
        over &= (bottom[:, None] <= top) & (top[:, None] >= bottom)
        pairs = [(names[i], names[j]) for i, j in np.argwhere(np.triu(over, 1))]
        assert not pairs, f"{pairs[0][0]!r} lies over {pairs[0][1]!r}"

    return check


def _beyond(figure):
    """The labels of ticks outside the limits: they exist, and are not drawn."""
    ticks = [
        (tick, sorted(axis.get_view_interval()))
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    ]
    return {
        label
        for tick, (low, high) in ticks
        if not low <= tick.get_loc() <= high
        for label in (tick.label1, tick.label2)
    }
