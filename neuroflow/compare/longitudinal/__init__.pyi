from .change import change_over_time as change_over_time
from .mixed import fit_random_intercept as fit_random_intercept
