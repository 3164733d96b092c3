"""From a folder of scans to packages: find, check, de-identify, zip."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
