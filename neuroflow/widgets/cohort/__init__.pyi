from .model import CohortModel as CohortModel
from .table import EXCLUDED as EXCLUDED
from .table import READY as READY
from .table import SENT as SENT
from .table import UNCHECKED as UNCHECKED
from .table import WARNINGS as WARNINGS
from .view import cohort_form as cohort_form
