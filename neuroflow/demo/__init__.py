"""A local service that behaves like that of neuropacs, and a cohort to send to it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
