from .model import TONES as TONES
from .model import ResultsModel as ResultsModel
from .view import results_form as results_form
