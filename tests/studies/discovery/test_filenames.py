"""What the names of files state."""

from pathlib import PurePath

import pytest

from neuroflow.studies.filenames import (
    bids_entities,
    bids_inherited,
    is_placeholder,
    mentions_diffusion,
    partner,
    printable,
    role,
)


def test_the_innermost_labels_of_a_path_are_read():
    path = PurePath("sub-01/ses-a/dwi/sub-01_ses-a_dwi.nii.gz")
    assert bids_entities(path) == {"sub": "01", "ses": "a"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dwi.nii.gz", "image"),
        ("bvals", "bval"),
        ("dwi.eddy_rotated_bvecs", "bvec"),
        ("notes.txt", None),
    ],
)
def test_the_name_of_a_file_states_its_role(name, expected):
    assert role(name) == expected


def test_the_only_table_of_b_values_belongs_to_the_image():
    names = ["bvals", "bvecs", "data.nii.gz"]
    assert partner("data.nii.gz", names, "bval", alone=True) == "bvals"


@pytest.mark.parametrize(("name", "expected"), [("sub-01_dwi.nii", True), ("T1w.nii", False)])
def test_a_name_may_mention_diffusion(name, expected):
    assert mentions_diffusion(PurePath(name)) is expected


@pytest.mark.parametrize("text", ["", "ANONYMOUS", "0000"])
def test_a_label_for_everybody_names_nobody(text):
    assert is_placeholder(text)


@pytest.mark.parametrize(
    ("image", "beside", "expected"),
    [
        ("sub-01_dir-AP_dwi.nii.gz", "dwi.json", True),
        ("sub-01_dwi.nii.gz", "sub-02_dwi.bval", False),
    ],
)
def test_a_file_further_up_applies_to_images_with_its_labels(image, beside, expected):
    assert bids_inherited(image, beside) is expected


def test_a_line_break_in_a_label_becomes_a_blank():
    assert printable("a\nb") == "a b"
