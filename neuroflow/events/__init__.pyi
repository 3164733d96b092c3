from .log import EventLog as EventLog
from .progress import Bars as Bars
from .progress import Lines as Lines
from .progress import listening as listening
from .reporter import Reporter as Reporter
from .user_warnings import warn_user as warn_user
