from .change import change_over_time as change_over_time
from .power import TrialDesign as TrialDesign
from .random_intercept import fit_random_intercept as fit_random_intercept
from .sample_size import sample_size as sample_size
from .sentences import mixed_sentences as mixed_sentences
