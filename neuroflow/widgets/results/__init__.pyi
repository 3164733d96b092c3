from .model import TONES as TONES
from .model import ResultsModel as ResultsModel
from .model import tone_of as tone_of
from .view import results_form as results_form
