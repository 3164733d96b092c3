"""Draw the outline of the MNI152 template into neuroflow/plot/_brain/outline.csv.

Run with ``python tools/make_outline.py`` where nilearn and scikit-image or matplotlib are
installed. The file is kept in git: neuroflow itself needs no nilearn.
"""

from __future__ import annotations

from pathlib import Path

import contourpy
import numpy as np
from nilearn import datasets
from scipy import ndimage

FILE = Path(__file__).parent.parent / "neuroflow" / "plot" / "_brain" / "outline.csv"
CUTS = {"sagittal": (0, 2.0), "coronal": (1, -18.0), "axial": (2, 4.0)}
"""The axis each view looks along, and where the inner lines are cut, in mm."""
HEADER = """\
# Outline of the ICBM 152 nonlinear symmetric template, version 2009a (MNI152), in mm.
# Made by tools/make_outline.py from the copy that nilearn ships. view, line, ring, then the two
# coordinates of that view: y z (sagittal), x z (coronal), x y (axial). line: outline (of the whole
# brain, seen through) or inner (white matter, cut at x = 2, y = -18, z = 4).
# Source: Fonov V, Evans AC, McKinstry RC, Almli CR, Collins DL (2009), NeuroImage 47:S102.
# Copyright (C) 1993-2009 Louis Collins, McConnell Brain Imaging Centre, Montreal Neurological
# Institute, McGill University. Permission to use, copy, modify, and distribute this software and
# its documentation for any purpose and without fee is hereby granted, provided that the above
# copyright notice appear in all copies. The authors and McGill University make no representations
# about the suitability of this software for any purpose. It is provided "as is" without express or
# implied warranty. The authors are not responsible for any data loss, equipment damage, property
# loss, or injury to subjects or patients resulting from the use or misuse of this software package.
view,line,ring,h,v
"""


def rings(picture, affine, axes, smooth, shortest):
    """Yield closed lines around a picture of 0 to 1, in mm, without points that say nothing."""
    blurred = ndimage.gaussian_filter(np.pad(picture, 4), smooth)
    for line in contourpy.contour_generator(z=blurred.T).lines(0.5):
        points = simplify(np.asarray(line), 0.25)
        if len(points) < 8 or np.linalg.norm(np.diff(line, axis=0), axis=1).sum() < shortest:
            continue
        yield np.stack(
            [affine[a, a] * (points[:, i] - 4) + affine[a, 3] for i, a in enumerate(axes)], axis=1
        )


def simplify(points, tolerance):
    """Leave out points that lie on the line between others (Douglas and Peucker 1973)."""
    if len(points) < 3:
        return points
    start, end = points[0], points[-1]
    along = end - start
    length = np.hypot(*along)
    offset = points - start
    if length > 0:
        away = np.abs(offset[:, 0] * along[1] - offset[:, 1] * along[0]) / length
    else:
        away = np.hypot(*offset.T)
    far = int(away.argmax())
    if away[far] <= tolerance:
        return np.array([start, end])
    left, right = simplify(points[: far + 1], tolerance), simplify(points[far:], tolerance)
    return np.vstack([left[:-1], right])


def main() -> None:
    """Write the file."""
    brain = datasets.load_mni152_brain_mask(resolution=2)
    white = datasets.load_mni152_wm_template(resolution=2)
    rows = [HEADER]
    for view, (axis, cut) in CUTS.items():
        axes = [a for a in range(3) if a != axis]
        seen = np.asarray(brain.dataobj).max(axis=axis).astype(float)
        place = round((cut - white.affine[axis, 3]) / white.affine[axis, axis])
        inside = np.take(np.asarray(white.dataobj), place, axis=axis) > 0.5
        pictures = (("outline", seen, brain, 1.0, 100), ("inner", inside * 1.0, white, 0.6, 30))
        for line, picture, image, smooth, shortest in pictures:
            found = rings(picture, image.affine, axes, smooth, shortest)
            for ring, points in enumerate(found):
                rows += [f"{view},{line},{ring},{h:.1f},{v:.1f}\n" for h, v in points]
    FILE.write_text("".join(rows), encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()
