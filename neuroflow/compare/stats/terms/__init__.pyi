from .design import Covariate as Covariate
from .design import Design as Design
from .design import build_design as build_design
from .design import column_of as column_of
from .design import covariate_columns as covariate_columns
from .design import read_covariate as read_covariate
from .design import read_covariates as read_covariates
from .design import read_score as read_score
