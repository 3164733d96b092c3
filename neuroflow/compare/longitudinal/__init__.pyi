from .change import change_over_time as change_over_time
from .random_intercept import fit_random_intercept as fit_random_intercept
from .sentences import mixed_sentences as mixed_sentences
