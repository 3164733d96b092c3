from .brain import FIGURE as FIGURE
