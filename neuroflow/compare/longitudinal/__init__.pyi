from .change import change_over_time as change_over_time
from .power import TrialDesign as TrialDesign
from .random_intercept import fit_random_intercept as fit_random_intercept
from .repeatability import repeatability as repeatability
from .repeats import needed_columns as needed_columns
from .repeats import read_repeats as read_repeats
from .sample_size import sample_size as sample_size
from .sentences import mixed_sentences as mixed_sentences
