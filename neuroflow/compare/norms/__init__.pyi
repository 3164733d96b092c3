from .z_scores import ZScoreMatrices as ZScoreMatrices
from .z_scores import z_score_matrices as z_score_matrices
from .z_scores import z_scores as z_scores
from .z_summary import z_summary as z_summary
