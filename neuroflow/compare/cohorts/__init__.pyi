from .compare_cohorts import RANDOM as RANDOM
from .compare_cohorts import compare_cohorts as compare_cohorts
from .compare_cohorts import pool_effects as pool_effects
from .replication import replication as replication
