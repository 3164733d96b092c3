"""Max-T: p values corrected over regions by permuting what the other effects leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from neuroflow.compare.stats.linear.adjusted import LinearModel
from neuroflow.compare.stats.linear.fit import missing_patterns
from neuroflow.compare.stats.linear.hypotheses import any_difference, side_weights
from neuroflow.compare.stats.sample import Sample
from neuroflow.compare.stats.terms import Design
from neuroflow.errors import CompareError, OptionError
from neuroflow.matrix import FloatArray, IntArray, coded

_CELLS = 4_000_000  # numbers of one product of matrices; more take more memory, not less time
_LEVEL = 0.01  # fewer than a hundred permutations are too few
_FEWEST = 20  # permutations, below which no p can be under 0.05


@dataclass(frozen=True, slots=True)
class Blocks:
    """Which studies may be exchanged: whole people, within blocks such as sites."""

    person: IntArray  # shape (n_studies,); the studies of a person move together, in their order
    within: IntArray  # shape (n_studies,); people are exchanged within these only

    def orders(self, keys: FloatArray, rows: IntArray) -> IntArray:
        """Return the permuted places of some studies, permutations x rows, from keys of people."""
        person, within = self.person[rows], self.within[rows]
        people, first, inverse, counts = np.unique(
            person, return_index=True, return_inverse=True, return_counts=True
        )
        kinds = np.unique(np.stack([counts, within[first]]), axis=1, return_inverse=True)[1]
        start = np.argsort(inverse, kind="stable")
        ends = np.cumsum(counts)
        places = np.tile(np.arange(len(rows)), (len(keys), 1))
        for kind in np.unique(kinds):
            mine = np.flatnonzero(kinds == kind)
            studies = np.stack([start[ends[one] - counts[one] : ends[one]] for one in mine])
            order = np.argsort(keys[:, people[mine]], axis=1)
            places[:, studies.ravel()] = studies[order].reshape(len(keys), -1)
        return places

    def check(self) -> None:
        """Refuse blocks within which hardly anything can be exchanged."""
        _, first, counts = np.unique(self.person, return_index=True, return_counts=True)
        kinds = np.stack([counts, self.within[first]])
        sizes = np.unique(kinds, axis=1, return_counts=True)[1]
        if special.gammaln(sizes + 1.0).sum() < np.log(_FEWEST):
            raise CompareError(
                "The blocks leave fewer than 20 permutations.",
                why="Only people with the same number of studies, in the same block, are "
                "exchanged.",
                advice='Use another correction, such as "holm", or larger blocks.',
            )


@dataclass(frozen=True, slots=True)
class Permutations:
    """How many permutations, from which seed, within the blocks of which column."""

    n: int
    seed: int
    blocks: str | None


def permuted(
    model: LinearModel, sample: Sample, codes: IntArray, p: pd.Series, options: Permutations
) -> FloatArray:
    """Return the corrected p of every row of a table, contrast by contrast."""
    if not isinstance(options.n, int) or options.n < 1 / _LEVEL:
        raise OptionError(
            f"{options.n!r} permutations are too few.", advice="Use 1,000 or more: 10,000 is usual."
        )
    studies = sample.cells.studies
    repeated = model.cluster is not None
    person = model.cluster if model.cluster is not None else np.arange(len(studies))
    within = np.zeros(len(studies), dtype=np.intp)
    if options.blocks:
        within = coded(studies[options.blocks])[0].astype(np.intp)
        if repeated:  # a person belongs to the block of the first study
            _, first, inverse = np.unique(person, return_index=True, return_inverse=True)
            within = within[first][inverse]
    shape = (len(codes) // sample.cells.values.shape[1], sample.cells.values.shape[1])
    q = max_t(
        model,
        sample.cells.values,
        codes.reshape(shape),
        Blocks(person, within),
        n_permutations=options.n,
        seed=options.seed,
    ).ravel()
    return np.where(np.isfinite(p.to_numpy(dtype=np.float64)), q, np.nan)


def max_t(
    model: LinearModel,
    values: FloatArray,
    families: IntArray,
    blocks: Blocks,
    *,
    n_permutations: int,
    seed: int,
) -> FloatArray:
    """Return p corrected within families (contrasts x columns) by the largest F of each family.

    Freedman D, Lane D (1983), J Bus Econ Stat 1:292-298; Winkler AM et al. (2014), NeuroImage
    92:381-397 (exchangeability blocks, max-T).
    """
    blocks.check()
    observed = np.full(families.shape, np.nan)
    codes = np.unique(families)
    largest = np.zeros((n_permutations, len(codes)))
    for rows, columns in missing_patterns(values):
        if len(rows) == 0:
            continue
        try:
            design = model.design(rows)
        except CompareError:
            continue  # no statistic either
        q, r = np.linalg.qr(design.matrix)
        if q.shape[1] >= len(rows):
            continue
        known = values[np.ix_(rows, columns)]
        for row, weights in _hypotheses(model, design):
            test = _Test.of(q, r, weights, known)
            identity = np.arange(len(rows))[None]
            observed[row, columns] = test.statistics(identity)[0]
            done = 0
            for order in _orders(blocks, rows, n_permutations, seed, q.shape[1] * len(columns)):
                found = test.statistics(order)
                part = slice(done, done + len(order))
                for place, code in enumerate(codes):
                    mine = families[row, columns] == code
                    if mine.any():
                        best = np.fmax.reduce(found[:, mine], axis=1)
                        largest[part, place] = np.fmax(largest[part, place], best)
                done += len(order)
    return _corrected(observed, families, codes, largest)


def _corrected(
    observed: FloatArray, families: IntArray, codes: IntArray, largest: FloatArray
) -> FloatArray:
    corrected = np.full(observed.shape, np.nan)
    n = len(largest)
    for place, code in enumerate(codes):
        mine = (families == code) & np.isfinite(observed)
        ordered = np.sort(largest[:, place])
        limit = observed[mine] * (1 - 1e-12)  # a permutation that changes nothing is as large
        corrected[mine] = (1 + n - np.searchsorted(ordered, limit, side="left")) / (1 + n)
    return corrected


def _hypotheses(model: LinearModel, design: Design) -> Iterator[tuple[int, FloatArray]]:
    """Yield the row of each test and its contrasts, k x coefficients."""
    for row, contrast in enumerate(model.contrasts):
        sides = side_weights(design, model.slopes, contrast, model.names)
        if sides is not None and np.isfinite(sides).all():
            yield row, (sides[0] - sides[1])[None]
    if model.omnibus and len(design.groups) > 1:
        yield len(model.contrasts), any_difference(design, model.slopes)


def _orders(blocks: Blocks, rows: IntArray, n: int, seed: int, cells: int) -> Iterator[IntArray]:
    """Yield the permutations in batches; the same ones for every region, as far as it has them."""
    draw = np.random.default_rng(seed)
    n_people = int(blocks.person.max()) + 1
    # Each pattern and contrast draws the same keys: batches differ, the stream of numbers does not.
    size = max(1, min(_CELLS // max(cells, 1), _CELLS // max(n_people, 1), n))
    for start in range(0, n, size):
        keys = draw.random((min(size, n - start), n_people))
        yield blocks.orders(keys, rows)


@dataclass(frozen=True, slots=True)
class _Test:
    """F of one hypothesis for permuted residuals of the model without it."""

    basis: FloatArray  # n x p: orthonormal, the first k directions are those tested
    k: int  # contrasts
    residuals: FloatArray  # n x m: what the other effects leave
    squares: FloatArray  # their sums of squares, shape (m,)

    @classmethod
    def of(cls, q: FloatArray, r: FloatArray, weights: FloatArray, values: FloatArray) -> _Test:
        k = len(weights)
        tested = np.linalg.solve(r.T, weights.T)  # of the coordinates in q
        turn, _ = np.linalg.qr(tested, mode="complete")
        basis = q @ turn
        others = basis[:, k:]
        residuals = values - others @ (others.T @ values)
        return cls(basis, k, residuals, np.einsum("nm,nm->m", residuals, residuals))

    def statistics(self, orders: IntArray) -> FloatArray:
        """Return F of every permutation and column."""
        n, p = self.basis.shape
        turned = np.empty((len(orders), p, n))
        turned[np.arange(len(orders))[:, None], :, orders] = self.basis
        parts = (turned.reshape(-1, n) @ self.residuals).reshape(len(orders), p, -1)
        squares = parts**2
        effect = squares[:, : self.k].sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = (self.squares - squares.sum(axis=1)) / (n - p)
            f: FloatArray = effect / self.k / error
        return f
