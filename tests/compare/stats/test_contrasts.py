"""Contrasts between groups."""

from neuroflow.compare.stats.contrasts import make_contrasts


def test_a_planned_contrast_may_join_groups():
    (contrast,) = make_contrasts(["Control", "PD", "MSA"], planned=["PD + MSA - Control"])
    assert contrast.name == "PD+MSA - Control"
