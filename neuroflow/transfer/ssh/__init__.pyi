from . import session as session
from . import tunnel as tunnel
from .credentials import credentials as credentials
from .known_hosts import HostKeys as HostKeys
from .profile import Profile as Profile
from .route import Route as Route
from .route import find_route as find_route
from .watchdog import Watchdog as Watchdog
