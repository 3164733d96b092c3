"""neuroflow: cohorts of diffusion MRI studies to the neuropacs service, and its results back.

The public names are below; each is loaded when it is first used, so that ``import neuroflow`` is
quick and pulls in neither matplotlib nor ipywidgets nor paramiko.
"""

import lazy_loader

from neuroflow._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
