"""Records of de-identification: nothing changes them, and they have no attributes but their own."""

from support.records import changeable, records

from neuroflow.studies import deidentify


def test_records_are_frozen_and_have_slots():
    assert {"Identity", "PixelFormat"} <= {record.__name__ for record in records(deidentify)}
    assert changeable(deidentify) == set()
