"""Images of regions seen from three sides, or cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroflow.errors import OptionError, TableError
from neuroflow.matrix import FloatArray
from neuroflow.plot._brain.anatomy import VIEWS
from neuroflow.plot._brain.masks import Masks, paint_volume


@dataclass(frozen=True, slots=True)
class Projection:
    """What one view shows of an image."""

    image: FloatArray  # Columns x rows of the view, NaN where nothing is
    h: FloatArray  # Edges of the pixels in mm, one more than columns and rows
    v: FloatArray


def project_masks(
    masks: Masks, rows: pd.DataFrame, cut: tuple[float, float, float] | None = None
) -> dict[str, Projection]:
    """Show the numbers of regions in the three views."""
    steps = np.diag(masks.affine)[:3]
    off = masks.affine[:3, :3] - np.diag(steps)
    if np.abs(off).max() > 1e-2 * np.abs(steps).min():
        raise TableError(
            "The masks are not aligned with the axes of MNI space.",
            advice="Resample them to MNI space, or write them with save_nifti and use a viewer.",
        )
    volume = paint_volume(masks, rows)
    edges = [
        masks.affine[a, 3] + steps[a] * (np.arange(masks.shape[a] + 1) - 0.5) for a in range(3)
    ]
    projections = {}
    for view, (along, up) in VIEWS.items():
        axis = 3 - along - up
        if cut is None:
            image = _strongest(volume, axis)
        else:
            place = int(np.searchsorted(edges[axis], cut[axis], side="right")) - 1
            if not 0 <= place < masks.shape[axis]:
                raise OptionError(
                    f"The cut at {'xyz'[axis]} = {cut[axis]:g} mm lies outside the masks.",
                    advice=f"Choose from {edges[axis][0]:g} to {edges[axis][-1]:g} mm.",
                )
            image = np.take(volume, [place], axis=axis).squeeze(axis)
        projections[view] = Projection(image, edges[along], edges[up])
    return projections


def _strongest(volume: FloatArray, axis: int) -> FloatArray:
    size = np.where(np.isfinite(volume), np.abs(volume), -1.0)
    best = np.expand_dims(size.argmax(axis=axis), axis)
    image: FloatArray = np.take_along_axis(volume, best, axis=axis).squeeze(axis)
    return image
