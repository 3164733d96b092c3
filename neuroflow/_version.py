"""What invalidates caches: the version of neuroflow, and that of its de-identification."""

__version__ = "0.1.0"

METHOD = "neuroflow 5, DICOM PS3.15 basic profile"
"""Written into the images; the number changes with what is removed."""
EARLIER_METHODS = tuple(f"neuroflow {n}, DICOM PS3.15 basic profile" for n in (1, 2, 3, 4))
"""A study that was sent with one of these is not packaged again for the sake of the method."""
