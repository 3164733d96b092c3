from .mixed_model import STRUCTURES as STRUCTURES
from .mixed_model import MixedFit as MixedFit
from .mixed_model import fit_mixed as fit_mixed
from .random_intercept import fit_random_intercept as fit_random_intercept
from .unstructured import RepeatedFit as RepeatedFit
from .unstructured import fit_repeated as fit_repeated
