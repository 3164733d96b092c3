from .image import nifti_facts as nifti_facts
from .image import open_plain as open_plain
from .image import read_gradients as read_gradients
from .image import read_head as read_head
from .image import read_numbers as read_numbers
