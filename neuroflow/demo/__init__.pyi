from .lab import run_lab as run_lab
from .run import run_demo as run_demo
from .sample import write_sample as write_sample
from .serve import serve as serve
from .session import DemoSession as DemoSession
from .session import open_demo as open_demo
from .session import start_demo as start_demo
from .try_out import simulate as simulate
