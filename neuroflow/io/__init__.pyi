from .atomic import whole as whole
from .atomic import write_private as write_private
from .participants import ParticipantRows as ParticipantRows
from .participants import read_participants as read_participants
from .participants import without_prefix as without_prefix
