from .model import FurtherModel as FurtherModel
from .panel import further_panel as further_panel
