"""Covariates as a formula states them."""

from neuroflow.compare.stats.terms.formula import column_of, parse_terms


def test_a_star_stands_for_both_effects_and_their_interaction():
    terms = parse_terms("age + group*sex")
    texts = [":".join(factor.text for factor in term) for term in terms]
    assert texts == ["age", "group", "sex", "group:sex"]


def test_a_covariate_of_categories_means_its_column():
    assert column_of("C(scanner)") == "scanner"
