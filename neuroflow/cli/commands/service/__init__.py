"""Commands about the service: connection, keys, notices."""

from neuroflow.cli.commands.service.connect import connect as connect
from neuroflow.cli.commands.service.keys import account_keys as account_keys
from neuroflow.cli.commands.service.keys import keys as keys
from neuroflow.cli.commands.service.notify import notify as notify
