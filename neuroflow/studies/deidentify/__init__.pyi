from .deidentifier import Deidentifier as Deidentifier
from .deidentifier import Identity as Identity
from .dicom_writer import deidentify_dicom as deidentify_dicom
from .nifti_writer import deidentify_nifti as deidentify_nifti
