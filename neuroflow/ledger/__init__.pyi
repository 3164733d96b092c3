from .database import rebuild_advice as rebuild_advice
from .ledger import EventMark as EventMark
from .ledger import Ledger as Ledger
from .ledger import LedgerRow as LedgerRow
from .ledger import RunMark as RunMark
from .ledger import utc_now as utc_now
from .states import State as State
from .uptime import uptime as uptime
