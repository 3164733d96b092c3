"""What came since the last report, and notices of it by mail, chat or webhook."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
