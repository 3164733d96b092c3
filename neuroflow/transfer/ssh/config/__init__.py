"""OpenSSH's configuration: the options of ssh_config for a host."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
