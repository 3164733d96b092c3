from .model import CohortModel as CohortModel
from .view import cohort_form as cohort_form
