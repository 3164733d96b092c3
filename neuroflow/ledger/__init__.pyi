from .database import rebuild_advice as rebuild_advice
from .ledger import Ledger as Ledger
from .ledger import utc_now as utc_now
from .records import EventMark as EventMark
from .records import LedgerRow as LedgerRow
from .records import RunMark as RunMark
from .states import State as State
from .uptime import uptime as uptime
