"""Read DICOM headers, gradients and series."""
