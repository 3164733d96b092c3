"""What stands beside the ledger of a workspace and knows if it is not the one that was used."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
