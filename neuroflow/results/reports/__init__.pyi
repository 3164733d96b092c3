from .grammars import parse_report as parse_report
from .packed import pack as pack
from .packed import unpack as unpack
from .read import REPORT_FILES as REPORT_FILES
from .read import failure_reason as failure_reason
from .read import read_report as read_report
from .report import Biomarker as Biomarker
from .report import Report as Report
