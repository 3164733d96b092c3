"""Keyed digests: facts about people that reveal nothing without the salt of the workspace."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
