"""What leaves a project: one report, and the check that its numbers can be computed again."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
