"""A project as a dataset that others can read: BIDS, with an RO-Crate of the analysis."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
