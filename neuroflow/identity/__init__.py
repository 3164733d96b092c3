"""Which scan has which id on the server, and what was sent from this computer."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
