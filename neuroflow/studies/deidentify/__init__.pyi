from .deidentifier import Deidentifier as Deidentifier
from .deidentifier import Identity as Identity
from .dicom_writer import clean_blocks as clean_blocks
from .nifti_writer import clean_nifti as clean_nifti
