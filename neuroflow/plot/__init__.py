"""From tables to figures: DataFrame in, Axes out; nothing is shown or printed.

A figure is drawn outside pyplot; a notebook shows what the last line of a cell returns.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
