from .lab import run_lab as run_lab
from .run import run_demo as run_demo
from .serve import serve as serve
