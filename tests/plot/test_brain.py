import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PatchCollection
from support.comparison_tables import realistic_table

from neuroflow.compare.groups import compare_groups
from neuroflow.errors import FolderError, OptionError, TableError
from neuroflow.matrix.regions import load_regions
from neuroflow.plot import brain, caption, read_masks, save_nifti, styled
from neuroflow.plot._brain.anatomy import VIEWS, outlines, places
from neuroflow.plot._brain.drawing import SHEET
from neuroflow.plot._brain.region_values import region_numbers

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
AFFINE[:3, 3] = (-88, -124, -72)
SHAPE = (45, 55, 45)


@pytest.fixture(scope="module")
def effects():
    table = realistic_table({"Control": 25, "PD": 25, "PSP": 25}, seed=2)
    return compare_groups(table, reference="Control", covariates=["age"])


def voxel(x, y, z):
    i, j, k, _ = np.linalg.inv(AFFINE) @ (x, y, z, 1)
    return round(i), round(j), round(k)


def save(path, *points, affine=AFFINE, shape=SHAPE, dtype=np.uint8):
    data = np.zeros(shape, dtype=dtype)
    for label, point in enumerate(points, start=1):
        data[voxel(*point)] = label
    nib.save(nib.Nifti1Image(data, affine), path)


@pytest.fixture
def masks(tmp_path):
    folder = tmp_path / "masks"
    folder.mkdir()
    save(folder / "SCP.nii.gz", (6, -42, -24), (-6, -42, -24))
    save(folder / "pSN.nii.gz", (10, -20, -12), (6, -42, -24))  # overlaps SCP
    save(folder / "Left_midbrain.nii.gz", (-8, -24, -12))
    return read_masks(folder)


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_brains_are_readable(effects, theme, assert_readable):
    with styled(theme=theme):
        ax = brain(effects, contrast="PSP - Control")
        assert_readable(ax)


def test_all_66_regions_have_a_place_within_the_outline():
    assert len(places()) == len(load_regions()) == 66
    for place in places().values():
        for view, axes in VIEWS.items():
            ring = np.vstack(outlines()[view].outer)
            for line in place.lines:
                assert (line[:, axes] > ring.min(axis=0)).all()
                assert (line[:, axes] < ring.max(axis=0)).all()


def test_tracts_are_curves_through_the_midline_not_cortical_discs(effects):
    motor = places()["M1_TCATT", "commissural"]
    (line,) = motor.lines
    assert motor.is_tract
    np.testing.assert_allclose(line[:, 0], -line[::-1, 0], atol=1e-9)
    assert line[len(line) // 2, 2] < line[0, 2] - 20  # through the corpus callosum, far below
    ax = brain(effects, contrast="PSP - Control", regions=["M1_TCATT", "preSMA_TCATT"])
    assert discs(ax) == []


def discs(ax):
    """Centre, number of corners' path and colour of what is drawn as a disc or square."""
    return [
        (path.get_extents().get_points().mean(axis=0), len(path.vertices), tuple(np.round(face, 6)))
        for drawn in ax.collections
        if isinstance(drawn, PatchCollection)
        for path, face in zip(drawn.get_paths(), drawn.get_facecolors(), strict=True)
    ]


def test_left_is_left(effects):
    numbers = effects[(effects["region"] == "midbrain") & (effects["metric"] == "FW")]
    ax = brain(numbers, contrast="PSP - Control", regions=["Midbrain"])
    seen = {round(x - SHEET["axial"][0]) for (x, y), *_ in discs(ax) if y < -50}
    assert seen == {-6, 6}


def test_colours_are_the_numbers(effects):
    ax = brain(effects, contrast="PSP - Control", regions=["SCP", "pSN"], limit=3.0)
    rows = effects[(effects["contrast"] == "PSP - Control") & (effects["metric"] == "FW")]
    value = rows.set_index("region")["effect_size"]
    assert f"1  Superior cerebellar peduncle  {value['SCP']:.2f}" in texts(ax)
    mappable = ax.child_axes[0]._colorbar.mappable
    drawn = {color for *_, color in discs(ax)}
    expected = {tuple(np.round(mappable.to_rgba(value[r]), 6)) for r in ("SCP", "pSN")}
    assert expected <= drawn


def test_regions_without_coordinates_are_listed_in_the_caption():
    values = pd.Series({"SCP": 1.0, **{f"ctx-lh-area{i}": float(i) for i in range(30)}}, name="z")
    ax = brain(values)
    assert "and 20 more, see the caption" in texts(ax)
    assert all(f"area{i}, left  {i}.00" in caption(ax) for i in range(30))


def test_negative_numbers_differ_without_colours_and_the_choice_is_told(effects):
    ax = brain(effects, metric="FAt", contrast="PSP - Control")
    assert any(corners == 5 for _, corners, _ in discs(ax))
    assert "Squares and dashed lines: values below zero." in caption(ax)
    assert "Not drawn: contrast PSP - Control." in caption(brain(effects))
    assert ax.get_title(loc="left") == "PSP − Control"


def test_what_is_not_there_is_refused_by_name(effects):
    with pytest.raises(OptionError, match="no contrast MSA - PD"):
        brain(effects, contrast="MSA - PD")
    with pytest.raises(OptionError, match="Choose one of n1, n2"):
        brain(effects, value="size")
    with pytest.raises(OptionError, match="needs masks"):
        brain(effects, cut=(0, 0, 0))
    with pytest.raises(TableError, match="two numbers for SCP"):
        region_numbers(pd.DataFrame({"region": ["SCP", "SCP"], "value": [1.0, 2.0]}))


def test_masks_are_projected_at_their_place(masks):
    ax = brain(pd.Series({"SCP": 2.0, "pSN": -3.0, "MCP": 1.0}, name="z"), masks=masks)
    views = dict(zip(VIEWS, ax.images, strict=True))
    axial = np.ma.filled(views["axial"].get_array(), np.nan)
    left, right, low, high = views["axial"].get_extent()
    dx, dy = SHEET["axial"]

    def seen(x, y):
        column = int((x + dx - left) / (right - left) * axial.shape[1])
        return axial[int((y + dy - low) / (high - low) * axial.shape[0]), column]

    assert seen(8, -20) == -3
    assert seen(-8, -44) == 2
    assert seen(8, -44) == -3  # both; the stronger one shows
    assert np.isfinite(axial).sum() == 3
    assert any(text.startswith("Middle cerebellar peduncle  1.00") for text in texts(ax))


def test_a_cut_shows_one_slice_only(masks):
    values = pd.Series({"SCP": 2.0, "pSN": -3.0}, name="z")
    ax = brain(values, masks=masks, cut=(8, -44, -24))
    axial = np.ma.filled(ax.images[2].get_array(), np.nan)
    assert np.isfinite(axial).sum() == 2
    with pytest.raises(OptionError, match="x = 500 mm lies outside"):
        brain(values, masks=masks, cut=(500, 0, 0))


def test_any_column_becomes_an_image(masks, effects, tmp_path):
    file = save_nifti(effects, masks, tmp_path / "q.nii.gz", value="q", contrast="PSP - Control")
    image = nib.load(file)
    np.testing.assert_array_equal(image.affine, AFFINE)
    rows = effects[(effects["contrast"] == "PSP - Control") & (effects["metric"] == "FW")]
    q = rows.set_index(["region", "hemisphere"])["q"]
    data = image.get_fdata()
    assert data[voxel(10, -20, -12)] == np.float32(q["pSN", "bilateral"])
    assert data[voxel(-8, -24, -12)] == np.float32(q["midbrain", "left"])
    assert np.count_nonzero(data) == 4
    assert list(tmp_path.glob(".part*")) == []


@pytest.mark.parametrize(("overlap", "value"), [("strongest", -3.0), ("mean", -0.5)])
def test_overlapping_regions_are_settled_as_asked(masks, overlap, value, tmp_path):
    numbers = pd.Series({"SCP": 2.0, "pSN": -3.0})
    file = save_nifti(numbers, masks, tmp_path / "x.nii", overlap=overlap)
    assert nib.load(file).get_fdata()[voxel(6, -42, -24)] == value
    apart = nib.load(save_nifti(numbers, masks, tmp_path / "y.nii", overlap="separate"))
    assert list(apart.get_fdata()[voxel(6, -42, -24)]) == [2.0, -3.0]


def test_labels_are_read_with_their_table(tmp_path):
    save(tmp_path / "atlas.nii.gz", (10, -20, -12), (6, -42, -24), dtype=np.int16)
    (tmp_path / "atlas.tsv").write_text("index\tname\n1\tpSN\n2\tSCP\n9\tMCP\n")
    masks = read_masks(tmp_path / "atlas.nii.gz", tmp_path / "atlas.tsv")
    assert masks.has("pSN", "bilateral")
    assert masks.has("SCP")
    assert not masks.has("MCP")
    with pytest.raises(OptionError, match="needs a table"):
        read_masks(tmp_path / "atlas.nii.gz")


def test_both_sides_together_take_the_masks_of_both(tmp_path):
    save(tmp_path / "Left_Putamen.nii.gz", (-26, 3, 1))
    save(tmp_path / "Right_Putamen.nii.gz", (26, 3, 1))
    masks = read_masks(tmp_path)
    assert len(masks.find("Putamen", "bilateral")) == 2
    assert len(masks.find("Putamen", "left")) == 1


def test_masks_that_do_not_fit_are_refused_by_name(tmp_path):
    save(tmp_path / "SCP.nii.gz", (6, -42, -24))
    save(tmp_path / "pSN.nii.gz", (10, -20, -12), affine=np.diag([2.0, 2, 2, 1]))
    with pytest.raises(
        TableError, match=r"pSN\.nii\.gz is not in the same space .* affines differ"
    ):
        read_masks(tmp_path)
    save(tmp_path / "pSN.nii.gz", (10, -20, -12), shape=(45, 55, 46))
    with pytest.raises(TableError, match=r"shape is \(45, 55, 46\)"):
        read_masks(tmp_path)
    save(tmp_path / "pSN.nii.gz")
    with pytest.raises(TableError, match=r"No voxel of pSN\.nii\.gz"):
        read_masks(tmp_path)
    (tmp_path / "pSN.nii.gz").write_bytes(b"not an image")
    with pytest.raises(FolderError, match=r"pSN\.nii\.gz cannot be read"):
        read_masks(tmp_path)
    with pytest.raises(FolderError, match="no masks"):
        read_masks(tmp_path / "nowhere")


def test_a_series_has_one_number_per_region():
    rows = region_numbers(pd.Series({"SCP": 2.0, "pSN": 0.5})).rows
    assert rows[["region", "number"]].to_numpy().tolist() == [["SCP", 2.0], ["pSN", 0.5]]
