"""Records of images: nothing changes them, and they have no attributes but their own."""

from support.records import changeable, records

from neuroflow.studies import dicom, diffusion


def test_records_are_frozen_and_have_slots():
    assert {"Stack", "Header", "Frame"} <= {record.__name__ for record in records(dicom)}
    assert changeable(dicom) == set()
    assert diffusion.Gradient.__dataclass_params__.frozen
    assert "__slots__" in vars(diffusion.Gradient)
