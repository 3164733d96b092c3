"""What is tested of a linear model's coefficients: means of groups, or slopes within them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neuroflow.compare.stats.contrasts import Contrast
from neuroflow.compare.stats.terms import Covariate, Design
from neuroflow.errors import OptionError
from neuroflow.matrix import FloatArray


def find_slopes(covariates: Sequence[Covariate], by: str, name: str) -> tuple[int, int]:
    """Return the places of a covariate and of its interaction with the groups."""
    for place, item in enumerate(covariates):
        if len(item.parts) == 2 and item.parts[0].is_group and item.parts[1].name == name:
            if item.parts[1].df:
                raise OptionError(
                    f"The interaction of {by} with a spline of {name} has no slope to compare.",
                    advice=f"Use {name} itself, or adjust for {by}:spline({name}, 3) and compare "
                    "the groups.",
                )
            main = (item.parts[1].name, item.parts[1].levels)
            own = [
                at
                for at, one in enumerate(covariates)
                if (one.name, one.levels) == main and not one.df and not one.parts
            ]
            return own[0], place
    raise OptionError(
        f"The model has no interaction of {by} with {name}.",
        advice=f"Add {by}:{name} to the covariates.",
    )


def slope_contrasts(covariate: Covariate, contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Return the contrasts of a covariate's slopes, one for each of its columns."""
    if len(covariate.levels) <= 2:
        return list(contrasts)
    first, *others = covariate.present_levels(np.ones(len(covariate.values), dtype=bool))
    return [
        replace(contrast, column=column, of=f"{other} - {first}")
        for contrast in contrasts
        for column, other in enumerate(others)
    ]


def group_weights(design: Design, slopes: tuple[int, int] | None, column: int) -> FloatArray:
    """Return which coefficients are each group's mean, or its slope; groups x coefficients."""
    n_groups = len(design.groups)
    weights = np.zeros((n_groups, design.matrix.shape[1]))
    if slopes is None:
        weights[np.arange(n_groups), np.arange(n_groups)] = 1
        return weights
    own, crossed = (design.blocks[place] for place in slopes)
    width = own.stop - own.start
    if column >= width:
        weights[:] = np.nan  # a category that no study of this region has
        return weights
    weights[:, own.start + column] = 1
    for group in range(1, n_groups):
        weights[group, crossed.start + (group - 1) * width + column] = 1
    return weights


def side_weights(
    design: Design,
    slopes: tuple[int, int] | None,
    contrast: Contrast,
    names: Sequence[str],  # of all groups
) -> FloatArray | None:
    """Return the coefficients' weights in both sides of a contrast; a side without groups is 0."""
    place = {names[code]: index for index, code in enumerate(design.groups)}
    if any(name not in place for name in contrast.groups):
        # A group has no column.
        return None
    own = group_weights(design, slopes, contrast.column)
    sides = np.zeros((2, own.shape[1]))
    for side, members in enumerate(contrast.sides):
        if members:
            sides[side] = own[[place[name] for name in members]].mean(axis=0)
    return sides


def any_difference(design: Design, slopes: tuple[int, int] | None) -> FloatArray:
    """Return the contrasts that are all zero if the groups do not differ, k x coefficients."""
    width = 1
    if slopes is not None:
        own = design.blocks[slopes[0]]
        width = own.stop - own.start
    each = [group_weights(design, slopes, column) for column in range(width)]
    return np.concatenate([weights[1:] - weights[0] for weights in each])
