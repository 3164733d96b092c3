from .compare_cohorts import compare_cohorts as compare_cohorts
from .compare_cohorts import pool_effects as pool_effects
