"""Slices sorted into volumes by hand-made positions: complete, missing, repeated, oblique."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from neuroflow.studies.dicom.header import Frame
from neuroflow.studies.dicom.volumes import mosaic_stack, stack
from neuroflow.studies.diffusion import Gradient

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
B0, X, Y = Gradient(0.0), Gradient(1000.0, (1.0, 0.0, 0.0)), Gradient(1000.0, (0.0, 1.0, 0.0))


def volume(gradient, depths=(0.0, 2.0, 4.0, 6.0), orientation=AXIAL):
    return [Frame((5.0, -3.0, depth), orientation, gradient) for depth in depths]


def test_complete_volumes_are_counted_by_their_gradients():
    found = stack([*volume(X), *volume(B0), *volume(Y), *volume(B0)][::-1])
    assert sorted(found.gradients, key=str) == sorted([B0, B0, X, Y], key=str)
    assert (found.n_slices, found.spacing) == (4, 2.0)
    assert (found.missing, found.repeated, found.incomplete, found.orientations) == (0, 0, 0, 1)


def test_missing_slices_are_counted_and_their_volumes():
    found = stack([*volume(B0), *volume(X)[1:], *volume(Y, (2.0, 4.0))])
    assert (found.n_slices, len(found.gradients)) == (4, 3)
    assert (found.missing, found.repeated, found.incomplete) == (3, 0, 2)


def test_a_volume_of_few_slices_counts_once():
    found = stack([*volume(B0), *volume(X, (4.0,))])
    assert found.gradients == (B0, X)
    assert (found.missing, found.incomplete) == (3, 1)


def test_a_slice_too_many_is_repeated():
    found = stack([*volume(B0), *volume(B0), *volume(B0)[:1], *volume(X)])
    assert found.gradients == (B0, B0, X)
    assert (found.missing, found.repeated, found.incomplete) == (0, 1, 0)


def test_a_level_missing_everywhere_is_a_hole_in_each():
    depths = (0.0, 2.0, 4.0, 10.0)
    found = stack([*volume(B0, depths), *volume(X, depths)])
    assert (found.n_slices, found.spacing) == (6, 2.0)
    assert (found.missing, found.incomplete) == (4, 2)


def test_a_single_slice_has_no_spacing():
    found = stack(volume(X, (3.0,)))
    assert (found.n_slices, found.spacing, found.missing, found.incomplete) == (1, None, 0, 0)


@pytest.mark.parametrize(("off", "n_slices"), [(0.008, 4), (-0.008, 4), (0.02, 5)])
def test_positions_within_a_hundredth_are_one_slice(off, n_slices):
    found = stack([*volume(B0), *volume(X), *volume(Y, (0.0, 2.0, 4.0, 6.0 + off))])
    assert found.n_slices == n_slices
    assert found.missing == (3 if n_slices == 5 else 0)


def test_a_position_at_infinity_leaves_the_spacing_unknown():
    found = stack([*volume(X), Frame((5.0, -3.0, float("inf")), AXIAL, X)])
    assert (found.spacing, found.missing) == (None, 0)


def test_slices_are_stacked_along_their_normal():
    # Rows along x, columns from head to feet: the normal is along y.
    frames = [Frame((0.0, 3.0 * n, 7.0), (1.0, 0.0, 0.0, 0.0, 0.0, -1.0), X) for n in range(5)]
    found = stack(frames)
    assert (found.n_slices, found.spacing, found.gradients) == (5, 3.0, (X,))


def test_direction_cosines_may_be_of_any_length():
    found = stack(volume(X, orientation=(2.0, 0.0, 0.0, 0.0, 2.0, 0.0)))
    assert (found.n_slices, found.spacing) == (4, 2.0)
    flat = stack(volume(X, orientation=(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)))
    assert (flat.n_slices, flat.spacing, flat.repeated) == (1, None, 0)


def test_most_slices_decide_the_direction_of_the_stack():
    upright = Frame((0.0, 3.0, 0.0), (1.0, 0.0, 0.0, 0.0, 0.0, -1.0), X)
    found = stack([upright, *volume(B0), *volume(X)[1:]])
    assert (found.n_slices, found.spacing, found.orientations) == (4, 2.0, 2)


def test_directions_that_differ_in_the_last_digits_are_one():
    near = Gradient(1000.0, (1.00004, -0.0, 0.00002))
    found = stack([*volume(X)[:2], *volume(near)[2:]])
    assert found.gradients == (X,)
    other = Gradient(1000.0, (0.9998, 0.0, 0.0))
    assert (
        len(stack([*volume(X), *volume(other), *volume(Gradient(990.0, X.direction))]).gradients)
        == 3
    )


def test_frames_without_a_place_make_no_stack():
    assert stack([Frame(None, AXIAL, X), Frame((0.0, 0.0, 0.0), None, X)]) is None
    assert stack([Frame(None, AXIAL, B0), *volume(X)]).gradients == (X,)


def mosaic(n_slices, gradient, orientation=AXIAL):
    frame = Frame((0.0, 0.0, 0.0), orientation, gradient)
    return SimpleNamespace(mosaic_slices=n_slices, frames=(frame,))


def test_mosaics_lack_slices_that_most_of_them_have():
    headers = [
        mosaic(40, B0),
        mosaic(40, X),
        mosaic(38, Y),
        mosaic(37, Y),
        mosaic(41, X),
        mosaic(40, X),
    ]
    found = mosaic_stack(headers)
    assert found.gradients == (B0, X, Y, Y, X, X)
    assert (found.n_slices, found.missing, found.incomplete, found.repeated) == (40, 5, 2, 0)
    assert (found.spacing, found.orientations) == (None, 1)


def test_mosaics_of_two_orientations_are_counted():
    tilted = (1.0, 0.0, 0.0, 0.0, 0.8, 0.6)
    assert mosaic_stack([mosaic(4, B0), mosaic(4, X, tilted)]).orientations == 2
