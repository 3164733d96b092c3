"""The schematic brain: where regions lie, how they are drawn, and users' own masks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
