"""Max-T against refitting every permutation, and whom it exchanges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg
from support.comparison_tables import long, normal_table, people

from neuroflow.compare.groups import ANY_DIFFERENCE, compare_groups
from neuroflow.compare.stats.linear import permutation
from neuroflow.compare.stats.linear.permutation import Blocks
from neuroflow.errors import CompareError, OptionError

DRAWS = 120
GROUPS = {"Control": 9, "PD": 8, "PSP": 7}


def refitted(design, weights, values, orders):
    """Return F of each order: residuals of the model without an effect, fitted with it."""
    without = design @ linalg.null_space(weights)
    left = values - without @ np.linalg.lstsq(without, values, rcond=None)[0]
    k, df = len(weights), len(design) - design.shape[1]
    found = []
    for order in orders:
        small, whole = (
            ((left[order] - x @ np.linalg.lstsq(x, left[order], rcond=None)[0]) ** 2).sum()
            for x in (without, design)
        )
        found.append((small - whole) / k / (whole / df))
    return np.array(found)


def test_corrected_p_is_that_of_refitting_each_permutation():
    studies = people(GROUPS, seed=3)
    rng = np.random.default_rng(5)
    values = rng.normal(size=(24, 3)) + 0.9 * (studies["group"] == "PSP").to_numpy()[:, None]
    values[[2, 11, 20], 1] = np.nan
    effects = compare_groups(
        long(studies, values), covariates="age", omnibus=True, correction="maxt",
        n_permutations=DRAWS, seed=7, family="metric",
    )  # fmt: skip
    keys = np.random.default_rng(7).random((DRAWS, 24))
    hypotheses = {
        "PD - Control": [[-1, 1, 0, 0]],
        "PSP - Control": [[-1, 0, 1, 0]],
        ANY_DIFFERENCE: [[-1, 1, 0, 0], [-1, 0, 1, 0]],
    }
    observed, drawn = {}, {True: [], False: []}  # the test for any difference has its own family
    for column in range(3):
        rows = np.flatnonzero(np.isfinite(values[:, column]))
        group = studies["group"].to_numpy()[rows]
        design = np.column_stack(
            [*(group == name for name in GROUPS), studies["age"].to_numpy()[rows] - 66]
        ).astype(float)
        orders = [np.arange(len(rows)), *np.argsort(keys[:, rows], axis=1)]
        for name, weights in hypotheses.items():
            f = refitted(design, np.array(weights, float), values[rows, column], orders)
            observed[f"r0{column}", name] = f[0]
            drawn[name == ANY_DIFFERENCE].append(f[1:])
    found = effects.set_index(["region", "contrast"])["q"]
    for key, f in observed.items():
        largest = np.max(drawn[key[1] == ANY_DIFFERENCE], axis=0)
        assert found[key] == pytest.approx((1 + (largest >= f).sum()) / (1 + DRAWS))
    assert found.nunique() > 3


def test_each_family_has_its_own_largest_statistic():
    table = normal_table(GROUPS, m=4, seed=1)
    options = {"correction": "maxt", "n_permutations": DRAWS, "exclude_suspect": False}
    by_region = compare_groups(table, family="region", **options).set_index("region")
    for name, part in table.groupby("region"):
        alone = compare_groups(part, family="metric", **options)["q"]
        assert by_region.loc[name, "q"].tolist() == alone.tolist()


def test_a_region_without_values_has_no_permutations():
    table = normal_table(GROUPS, m=2)
    table.loc[table["region"] == "r01", "value"] = np.nan
    options = {"correction": "maxt", "n_permutations": DRAWS, "covariates": "age"}
    effects = compare_groups(table, **options).set_index("region")
    alone = compare_groups(table[table["region"] == "r00"], **options).set_index("region")
    assert effects.loc["r01", "q"].isna().all()
    assert effects.loc["r00", "q"].tolist() == alone.loc["r00", "q"].tolist()


@pytest.mark.parametrize("n", [99, 0, 1000.0, "1000"])
def test_fewer_than_a_hundred_permutations_are_refused(n):
    with pytest.raises(OptionError, match="permutations are too few"):
        compare_groups(normal_table(GROUPS, m=1), correction="maxt", n_permutations=n)


def test_a_hundred_permutations_are_enough():
    effects = compare_groups(normal_table(GROUPS, m=1), correction="maxt", n_permutations=100)
    assert (effects["q"] >= 1 / 101).all()


def test_people_are_exchanged_within_blocks_and_with_their_equals():
    person = np.array([0, 0, 1, 1, 2, 3, 4, 5, 5, 6, 6])
    within = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    keys = np.random.default_rng(2).random((200, 7))
    places = Blocks(person, within).orders(keys, np.arange(11))
    assert (np.sort(places, axis=1) == np.arange(11)).all()
    assert {tuple(row) for row in places[:, :4]} == {(0, 1, 2, 3), (2, 3, 0, 1)}
    assert len({tuple(row) for row in places[:, 4:7]}) == 6
    assert {tuple(row) for row in places[:, 7:]} == {(7, 8, 9, 10), (9, 10, 7, 8)}


@pytest.mark.parametrize(("people_of_a_block", "is_enough"), [([3, 3], True), ([3, 2], False)])
def test_blocks_leave_at_least_twenty_permutations(people_of_a_block, is_enough):
    within = np.repeat(np.arange(2), people_of_a_block)
    blocks = Blocks(np.arange(len(within)), within)
    if is_enough:  # 3! times 3! are 36
        blocks.check()
        return
    with pytest.raises(CompareError, match="fewer than 20 permutations"):
        blocks.check()


@pytest.mark.parametrize(("n_people", "cells", "size"), [(10, 1, 10), (2, 50, 2), (500, 1, 1)])
def test_batches_of_permutations_hold_a_limited_number(monkeypatch, n_people, cells, size):
    monkeypatch.setattr(permutation, "_CELLS", 100)
    blocks = Blocks(np.arange(n_people), np.zeros(n_people, dtype=int))
    batches = list(permutation._orders(blocks, np.arange(n_people), 23, 4, cells))
    assert [len(one) for one in batches[:-1]] == [size] * (-(-23 // size) - 1)
    whole = np.random.default_rng(4).random((23, n_people))
    assert np.concatenate(batches).tolist() == np.argsort(whole, axis=1).tolist()
