from .place import known_name as known_name
from .witness import Witness as Witness
from .witness import set_ledger_aside as set_ledger_aside
from .witness import traces as traces
