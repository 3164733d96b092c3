from .model import FiguresModel as FiguresModel
