import numpy as np
from matplotlib.figure import Figure

from neuroflow.plot.common import record_marks
from neuroflow.widgets.explore.figures.hit_regions import POINT, hit_regions


def panel():
    """A panel from (0.25, 0.2) to (0.75, 0.6) of a picture of 8 x 4 inches, y downwards."""
    ax = Figure(figsize=(8, 4)).add_axes((0.25, 0.2, 0.5, 0.4))
    ax.set(xlim=(0, 10), ylim=(10, 0))
    return ax


def test_a_point_becomes_a_square_around_its_place():
    ax = panel()
    record_marks(ax, ["s1"], ["0.3"], np.array([[5.0, 10.0]]))
    (found,) = hit_regions(ax, {"s1": "sub-1"})
    assert (found.key, found.label) == ("s1", "sub-1: 0.3")
    np.testing.assert_allclose([found.x, found.y], [0.5 - POINT, 0.8 - 2 * POINT])
    np.testing.assert_allclose([found.width, found.height], [2 * POINT, 4 * POINT])


def test_a_row_reaches_across_the_picture():
    ax = panel()
    record_marks(ax, ["SCP"], ["Peduncle"], np.array([[-np.inf, 0.0, np.inf, 5.0]]))
    (found,) = hit_regions(ax, {})
    assert found.label == "Peduncle"
    np.testing.assert_allclose(
        [found.x, found.y, found.width, found.height], [0, 0.4, 1, 0.2], atol=1e-9
    )


def test_a_box_keeps_its_size():
    ax = panel()
    record_marks(ax, ["SCP"], ["Peduncle"], np.array([[2.0, 0.0, 4.0, 5.0]]))
    (found,) = hit_regions(ax, {})
    np.testing.assert_allclose(
        [found.x, found.y, found.width, found.height], [0.35, 0.4, 0.1, 0.2], atol=1e-9
    )
