"""The reports beside a study's values: each published grammar read into one kind of object."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
