import numpy as np
import pytest
from matplotlib.collections import PathCollection

from neuroflow.compare import compare_groups
from neuroflow.errors import OptionError
from neuroflow.plot import caption, styled, volcano


@pytest.fixture(scope="module")
def contrasts(larger_table):
    return compare_groups(larger_table, reference="Control")


@pytest.mark.parametrize("contrast", ["PD - Control", "MSA - Control", "PSP - Control"])
def test_volcanoes_are_readable(contrasts, contrast, theme, assert_readable):
    with styled(theme=theme, note="Simulated data"):
        assert_readable(volcano(contrasts, contrast=contrast))


def test_contrasts_are_at_their_p_and_the_strongest_named(contrasts):
    ax = volcano(contrasts, contrast="PSP - Control", n_labels=3)
    rows = contrasts[(contrasts["contrast"] == "PSP - Control") & (contrasts["metric"] == "FW")]
    drawn = np.concatenate(
        [c.get_offsets() for c in ax.collections if isinstance(c, PathCollection)]
    )
    np.testing.assert_allclose(np.sort(drawn[:, 1]), np.sort(-np.log10(rows["p"])))
    named = {text.get_text() for text in ax.texts} - {""}
    strongest = rows.nsmallest(3, "p")
    assert (strongest["q"] < 0.05).all()
    assert len(named) == 3
    assert "Superior cerebellar peduncle" in named
    assert "Linear model" in caption(ax)


def test_one_of_several_contrasts_must_be_named(contrasts):
    with pytest.raises(OptionError, match="PD - Control, MSA - Control, PSP - Control"):
        volcano(contrasts)
