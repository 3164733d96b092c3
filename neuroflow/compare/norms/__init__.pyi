from .norms import Norms as Norms
from .norms import fit_norms as fit_norms
from .norms import read_norms as read_norms
from .norms import service_norms as service_norms
from .z_scores import ZScoreMatrices as ZScoreMatrices
from .z_scores import z_score_matrices as z_score_matrices
from .z_scores import z_scores as z_scores
from .z_summary import z_summary as z_summary
