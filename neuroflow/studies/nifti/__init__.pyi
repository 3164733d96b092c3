from .acquisition import read_nifti as read_nifti
from .gradient_files import read_gradients as read_gradients
from .gradient_files import read_numbers as read_numbers
from .header import NiftiHeader as NiftiHeader
from .header import count_axes as count_axes
from .header import data_start as data_start
from .header import read_header as read_header
from .uncompressed import open_uncompressed as open_uncompressed
