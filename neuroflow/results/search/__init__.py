"""Where results are: the folders, ZIPs, tables and reports below a folder, not opened yet."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
