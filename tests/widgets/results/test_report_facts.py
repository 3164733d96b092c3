"""The main facts of a text report."""

from neuroflow.widgets.results.report_facts import Verdict, facts_of, verdict_of


def test_a_probability_of_half_or_more_is_the_prediction():
    text = "Atypical:0.96\npSN Free Water Value:0.1512\n"
    assert verdict_of(text) == Verdict("MSA or PSP", has_warning=False)


def test_a_value_is_shown_with_that_of_controls():
    text = "Atypical:0.96\npSN Free Water Value:0.1512\npSN Control Mean:0.1753\n"
    assert facts_of(text) == (
        ("Probability of MSA or PSP, not PD", "96.0%"),
        ("Free water, pSN", "0.1512 (controls 0.1753)"),
    )
