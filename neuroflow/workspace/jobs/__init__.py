"""The long jobs of a workspace: one at a time, seen and worked from every program."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
