from .ge import write_ge as write_ge
from .nifti import write_nifti as write_nifti
from .philips import write_philips as write_philips
from .siemens import write_siemens as write_siemens
