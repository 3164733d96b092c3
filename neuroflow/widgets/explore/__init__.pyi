from .model import ExploreModel as ExploreModel
from .view import explore_form as explore_form
