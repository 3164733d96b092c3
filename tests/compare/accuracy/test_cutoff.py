"""The cut-off with the highest sensitivity and specificity."""

import numpy as np

from neuroflow.compare.accuracy.cutoff import youden


def test_the_cutoff_is_in_the_middle_between_the_groups():
    values = np.array([[1.0], [2.0], [3.0], [4.0]])
    assert youden(values, np.array([False, False, True, True])).tolist() == [2.5]
