from .check import CrossCheck as CrossCheck
from .check import cross_check as cross_check
from .outcome import AGREES as AGREES
from .outcome import DIFFERS as DIFFERS
from .outcome import NOT_COMPARED as NOT_COMPARED
from .outcome import Outcome as Outcome
