"""The connection of a workspace: its profile and settings, host keys, and the passphrase."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
