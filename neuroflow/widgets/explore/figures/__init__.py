"""The figures of the Explore form: drawn at need or ahead, kept while their answer stands."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
