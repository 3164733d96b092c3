"""Which studies belong to which cohort, under which id, and what was decided of them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
