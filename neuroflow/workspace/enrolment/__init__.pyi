from .cohort_store import CohortStore as CohortStore
from .decisions import Decision as Decision
from .decisions import DecisionStore as DecisionStore
from .enrolment import Enrolment as Enrolment
from .known_values import cohort_id_of as cohort_id_of
from .known_values import find_study as find_study
from .known_values import named_studies as named_studies
from .known_values import with_participant as with_participant
