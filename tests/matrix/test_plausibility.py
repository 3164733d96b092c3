"""Values that are impossible, or at the end of what is possible."""

import numpy as np

from neuroflow.matrix.plausibility import find_suspects


def test_impossible_and_extreme_values_are_distinguished():
    found = find_suspects(np.array([[0.2, 0.0], [-999, 0.3]]), ["FW", "FAt"])
    assert found.impossible.tolist() == [[False, False], [True, False]]
    assert found.extreme.tolist() == [[False, True], [False, False]]
