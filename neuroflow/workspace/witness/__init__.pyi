from .witness import NAME as NAME
from .witness import Witness as Witness
from .witness import traces as traces
