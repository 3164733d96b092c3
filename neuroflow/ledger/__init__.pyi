from .ledger import Ledger as Ledger
from .ledger import LedgerRow as LedgerRow
from .ledger import utc_now as utc_now
from .states import State as State
from .uptime import uptime as uptime
