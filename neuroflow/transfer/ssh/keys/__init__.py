"""The user's SSH keys: files, the ssh-agent, and which of them a server is offered."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
