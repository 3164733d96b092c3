from .job_file import JobFile as JobFile
from .job_file import Order as Order
from .job_file import RunningJob as RunningJob
from .jobs import Job as Job
from .jobs import Jobs as Jobs
from .supervisor import Supervisor as Supervisor
