from .deidentifier import Deidentifier as Deidentifier
from .deidentifier import Identity as Identity
from .dicom_writer import DicomWriter as DicomWriter
from .nifti_writer import deidentify_nifti as deidentify_nifti
