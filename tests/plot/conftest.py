"""Figures that can be read: what every plot must keep."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from neuroflow.plot.common.style import DOUBLE_COLUMN, SINGLE_COLUMN, style


@pytest.fixture(autouse=True)
def usual_style():
    yield
    style()


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
        for i, (name, box) in enumerate(boxes):
            for other, its_box in boxes[i + 1 :]:
                assert not box.overlaps(its_box), f"{name!r} lies over {other!r}"

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
