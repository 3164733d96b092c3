from .seal import Seal as Seal
from .tombstones import Tombstones as Tombstones
from .tombstones import plain_participant as plain_participant
