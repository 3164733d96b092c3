from .log import EventLog as EventLog
from .log_lines import ABOUT_JOBS as ABOUT_JOBS
from .log_lines import read_log as read_log
from .progress import Bars as Bars
from .progress import Lines as Lines
from .progress import listening as listening
from .reporter import Reporter as Reporter
from .user_warnings import warn_user as warn_user
