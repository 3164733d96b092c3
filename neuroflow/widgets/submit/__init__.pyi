from .model import SubmitModel as SubmitModel
from .view import submit_form as submit_form
