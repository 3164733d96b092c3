from .pilot import Pilot as Pilot
from .pilot import PilotOptions as PilotOptions
from .result import PilotResult as PilotResult
