from .project_report import report as report
from .verification import verify as verify
