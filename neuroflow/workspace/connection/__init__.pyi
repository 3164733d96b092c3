from .config import Settings as Settings
from .config import read_profile as read_profile
from .config import read_settings as read_settings
from .config import write_profile as write_profile
from .confirmed import describe as describe
from .passphrase import Passphrase as Passphrase
from .service import Service as Service
