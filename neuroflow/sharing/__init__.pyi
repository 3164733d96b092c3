from .dataset import export_bids as export_bids
from .project_report import report as report
from .verification import verify as verify
