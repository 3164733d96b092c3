"""De-identification of DICOM and NIfTI files."""
