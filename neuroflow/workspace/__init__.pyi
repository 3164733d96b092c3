from .checking import blocked_studies as blocked_studies
from .checking import unmatched_studies as unmatched_studies
from .config import CONFIG_NAME as CONFIG_NAME
from .config import Settings as Settings
from .enrolment import CohortStore as CohortStore
from .enrolment import with_participant as with_participant
from .service import Service as Service
from .workspace import Workspace as Workspace
