from .acquisition import Acquisition as Acquisition
from .acquisition import read_acquisition as read_acquisition
