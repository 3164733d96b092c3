from .lookup import Entry as Entry
from .lookup import look_up as look_up
from .tokens import check_shell_safe as check_shell_safe
from .tokens import expand as expand
