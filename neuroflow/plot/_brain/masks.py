"""The regions' real shapes, from the user's own masks, and results written as NIfTI images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import nibabel
import numpy as np
import pandas as pd

from neuroflow.errors import FolderError, OptionError, TableError
from neuroflow.io import atomic_write, read_text_table
from neuroflow.matrix import FloatArray, IntArray, check_choice, resolve
from neuroflow.plot._brain.region_values import region_numbers

nib: Any = nibabel  # it has no types

Overlap = Literal["strongest", "mean", "separate"]

_ENDINGS = (".nii.gz", ".nii")
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
_LABELS = ("label", "index")  # columns of a table of labels
_REGIONS = ("region", "name")
_WHOLE = ("bilateral", "commissural", "midline", "unknown", "")


@dataclass(frozen=True, slots=True)
class Masks:
    """Masks of regions; they may overlap.

    Parameters
    ----------
    affine
        The matrix from voxel indices to mm, 4 x 4.
    shape
        The shape of the images, three numbers of voxels.
    voxels
        Indices into the flattened image (C order), by region (case folded) and hemisphere.

    Examples
    --------
    >>> masks = Masks(np.eye(4), (2, 2, 2), {("psn", "left"): np.array([0, 7])})
    >>> masks.find("pSN", "left").tolist()
    [0, 7]
    >>> masks.has("pSN", "right")
    False
    """

    affine: FloatArray
    shape: tuple[int, int, int]
    voxels: Mapping[tuple[str, str], IntArray]

    def find(self, region: str, hemisphere: str = "") -> IntArray:
        """Return the voxels of a region.

        Parameters
        ----------
        region, hemisphere
            As in the cohort table. A bilateral region has the masks of both sides.

        Returns
        -------
        ndarray of int
            Indices into the flattened image; empty if there is no mask.
        """
        name = region.casefold()
        exact = self.voxels.get((name, hemisphere))
        if exact is not None:
            return exact
        if hemisphere not in _WHOLE:
            return np.empty(0, dtype=np.intp)
        parts = [voxels for (other, _), voxels in self.voxels.items() if other == name]
        return np.unique(np.concatenate([np.empty(0, dtype=np.intp), *parts]))

    def has(self, region: str, hemisphere: str = "") -> bool:
        """Return whether a region has a mask.

        Parameters
        ----------
        region, hemisphere
            As in the cohort table.

        Returns
        -------
        bool
            True if at least one voxel belongs to it.
        """
        return len(self.find(region, hemisphere)) > 0


def read_masks(
    path: str | Path, table: pd.DataFrame | str | Path | None = None, *, threshold: float = 0.0
) -> Masks:
    """Read masks of regions from a folder or a label image.

    Parameters
    ----------
    path
        A folder with one ``<region>.nii.gz`` (or ``.nii``) per region, or one image of labels.
    table
        For a label image: the region (column `region` or `name`) of each label (column `label` or
        `index`), as a table or a file (CSV, TSV).
    threshold
        Voxels with a larger value belong to the region; for folders only.

    Returns
    -------
    Masks
        The masks, by the names of the region dictionary and its aliases.

    Raises
    ------
    FolderError
        There is no such folder or image, no image in it, or one that cannot be read.
    TableError
        The images do not lie in one space, an image is empty or not three-dimensional, or the
        table does not fit the labels.

    Examples
    --------
    >>> import tempfile
    >>> import nibabel
    >>> folder = Path(tempfile.mkdtemp())
    >>> image = nibabel.Nifti1Image(np.ones((2, 2, 2), dtype=np.uint8), np.eye(4))
    >>> nibabel.save(image, folder / "pSN.nii.gz")
    >>> masks = read_masks(folder)
    >>> masks.shape, masks.has("pSN"), masks.has("SCP")
    ((2, 2, 2), True, False)
    """
    place = Path(path)
    if place.is_dir():
        if table is not None:
            raise OptionError("A folder of masks takes no table.", advice="Omit table.")
        return _read_folder(place, threshold)
    if not place.is_file():
        raise FolderError(
            f"There are no masks at {place}.", advice="Choose a folder or a NIfTI image."
        )
    if table is None:
        raise OptionError(
            "A label image needs a table.",
            advice="Pass a table that names the region of each label.",
        )
    return _read_labels(place, _label_table(table))


def save_nifti(
    result: pd.DataFrame | pd.Series,
    masks: Masks,
    path: str | Path,
    *,
    value: str | None = None,
    metric: str | None = None,
    contrast: str | None = None,
    study_id: str | None = None,
    overlap: Overlap = "strongest",
) -> Path:
    """Write one number per region as a NIfTI image.

    Parameters
    ----------
    result, value, metric, contrast, study_id
        As for `neuroflow.plot._brain.brain.brain`.
    masks
        The masks that `read_masks` returned.
    path
        A file ending in ``.nii.gz`` or ``.nii``.
    overlap
        The value of a voxel in several regions: the ``"strongest"`` number or their ``"mean"``;
        ``"separate"`` writes one volume per region, in the order of the result.

    Returns
    -------
    Path
        The file, written atomically: float32, 0 outside all regions.

    Raises
    ------
    OptionError
        An argument is outside its choices, or no region has a mask.
    TableError
        The result has two numbers for one region.
    FolderError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import nibabel
    >>> masks = Masks(np.eye(4), (2, 2, 2), {("psn", ""): np.array([0, 7])})
    >>> path = Path(tempfile.mkdtemp()) / "z.nii.gz"
    >>> image = nibabel.load(save_nifti(pd.Series({"pSN": 2.5}, name="z"), masks, path))
    >>> image.get_fdata().ravel().tolist()
    [2.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.5]
    """
    file = Path(path)
    check_choice("overlap", overlap, get_args(Overlap))
    if not file.name.endswith(_ENDINGS):
        raise OptionError(
            f"{file.name} is not the name of a NIfTI image.",
            advice="Use a file name that ends in .nii.gz.",
        )
    numbers = region_numbers(result, value, metric=metric, contrast=contrast, study_id=study_id)
    placed = list(_placed(masks, numbers.rows))
    if not placed:
        raise OptionError("None of the regions has a mask.", advice="Check the names of the masks.")
    data = _volume(masks, placed, overlap)
    image = nib.Nifti1Image(data, masks.affine)
    image.header["descrip"] = f"neuroflow: {numbers.column}".encode()[:79]
    with atomic_write(file, error=FolderError, parents=True) as temporary:
        nib.save(image, temporary)
    return file


def paint_volume(masks: Masks, rows: pd.DataFrame) -> FloatArray:
    """Return the image of numbers, the strongest where regions overlap."""
    flat = np.full(int(np.prod(masks.shape)), np.nan)
    for voxels, number in sorted(_placed(masks, rows), key=lambda item: abs(item[1])):
        flat[voxels] = number
    return flat.reshape(masks.shape)


def _placed(masks: Masks, rows: pd.DataFrame) -> Iterator[tuple[IntArray, float]]:
    numbers = rows["number"].to_numpy(dtype=np.float64, na_value=np.nan)
    for region, hemisphere, number in zip(rows["region"], rows["hemisphere"], numbers, strict=True):
        voxels = masks.find(region, hemisphere)
        if len(voxels) and np.isfinite(number):
            yield voxels, float(number)


def _volume(masks: Masks, placed: list[tuple[IntArray, float]], overlap: Overlap) -> Any:
    size = int(np.prod(masks.shape))
    if overlap == "separate":
        volumes = np.zeros((size, len(placed)), dtype=np.float32)
        for place, (voxels, number) in enumerate(placed):
            volumes[voxels, place] = number
        return volumes.reshape(*masks.shape, len(placed))
    flat, count = np.zeros(size), np.zeros(size)
    if overlap == "mean":
        for voxels, number in placed:
            flat[voxels] += number
            count[voxels] += 1
        flat /= np.maximum(count, 1)
    else:
        for voxels, number in sorted(placed, key=lambda item: abs(item[1])):
            flat[voxels] = number
    return flat.reshape(masks.shape).astype(np.float32)


def _load(file: Path) -> tuple[Any, FloatArray]:
    """Return an image's numbers and its affine, in the order left-right, back-front, up."""
    try:
        image = nib.as_closest_canonical(nib.load(file))
        data = np.asarray(image.dataobj)
    except (nib.filebasedimages.ImageFileError, OSError, ValueError, EOFError) as error:
        raise FolderError(f"The image {file.name} cannot be read.", why=f"{error}.") from error
    data = data[..., 0] if data.ndim == 4 and data.shape[3] == 1 else data
    if data.ndim != 3:
        raise TableError(f"The image {file.name} has {data.ndim} dimensions, not three.")
    return data, np.asarray(image.affine, dtype=np.float64)


def _name(file: Path) -> str:
    return next(file.name.removesuffix(end) for end in _ENDINGS if file.name.endswith(end))


def _read_folder(folder: Path, threshold: float) -> Masks:
    files = sorted(f for f in folder.iterdir() if f.name.endswith(_ENDINGS) and f.name[0] != ".")
    if not files:
        raise FolderError(
            f"There are no masks in {folder}.", advice="Name them as <region>.nii.gz."
        )
    voxels: dict[tuple[str, str], IntArray] = {}
    first_shape: tuple[int, ...] = ()
    first_affine = np.eye(4)
    for file in files:
        data, affine = _load(file)
        if not voxels:
            first_shape, first_affine = data.shape, affine
        if data.shape != first_shape or not np.allclose(affine, first_affine, atol=1e-3):
            raise TableError(
                f"{file.name} is not in the same space as {files[0].name}.",
                why=f"Its shape is {data.shape}, not {first_shape}."
                if data.shape != first_shape
                else "Their affines differ.",
                advice="Resample the masks to one space.",
            )
        inside = np.flatnonzero(np.nan_to_num(data) > threshold)
        if not len(inside):
            raise TableError(f"No voxel of {file.name} is above {threshold:g}.")
        name = resolve(_name(file))
        key = (name.region.casefold(), name.hemisphere)
        if key in voxels:
            raise TableError(f"{file.name} is a second mask of {name.region}.")
        voxels[key] = inside
    return Masks(first_affine, _three(first_shape), voxels)


def _three(shape: tuple[int, ...]) -> tuple[int, int, int]:
    x, y, z = shape
    return x, y, z


def _label_table(table: pd.DataFrame | str | Path) -> pd.DataFrame:
    if not isinstance(table, pd.DataFrame):
        text = read_text_table(Path(table), error=FolderError, known=(*_LABELS, *_REGIONS))
        table = pd.DataFrame({name: text.column(name) for name in text.header})
        for name in [name for name in _LABELS if name in table][:1]:
            numbers = pd.to_numeric(table[name], errors="coerce")
            text.refuse(numbers.isna() & table[name].notna(), "have a label that is not a number")
            table[name] = numbers
    label = next((name for name in _LABELS if name in table), None)
    region = next((name for name in _REGIONS if name in table), None)
    if label is None or region is None:
        raise TableError(
            "The table does not name the region of each label.",
            why=f"It has {', '.join(map(str, table.columns))}.",
            advice="Name its columns label and region.",
        )
    named = table[[label, region]].set_axis(["label", "region"], axis=1).dropna()
    if named["label"].duplicated().any():
        twice = named["label"][named["label"].duplicated()].iloc[0]
        raise TableError(f"The table has two regions with the label {twice}.")
    return named


def _read_labels(file: Path, table: pd.DataFrame) -> Masks:
    data, affine = _load(file)
    voxels: dict[tuple[str, str], IntArray] = {}
    order = np.argsort(data, axis=None, kind="stable")
    ordered = data.ravel()[order]
    for label, written in zip(table["label"], table["region"], strict=True):
        start, end = (int(np.searchsorted(ordered, label, side=side)) for side in _SIDES)
        if start < end:
            name = resolve(str(written))
            key = (name.region.casefold(), name.hemisphere)
            known = voxels.get(key, np.empty(0, dtype=np.intp))
            voxels[key] = np.union1d(known, order[start:end])
    if not voxels:
        raise TableError(f"None of the labels of the table is in {file.name}.")
    return Masks(affine, _three(data.shape), voxels)
