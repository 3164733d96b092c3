from .read_acquisition import read_acquisition as read_acquisition
