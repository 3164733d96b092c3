"""The commands of `neuroflow`, one folder per panel of the help."""

from neuroflow.cli.commands.analysis import accuracy as accuracy
from neuroflow.cli.commands.analysis import compare as compare
from neuroflow.cli.commands.analysis import plot as plot
from neuroflow.cli.commands.analysis import table_one as table_one
from neuroflow.cli.commands.app import app as app
from neuroflow.cli.commands.demo import demo as demo
from neuroflow.cli.commands.explain import explain as explain
from neuroflow.cli.commands.results import collect as collect
from neuroflow.cli.commands.results import export as export
from neuroflow.cli.commands.results import status as status
from neuroflow.cli.commands.results import table as table
from neuroflow.cli.commands.results import watch as watch
from neuroflow.cli.commands.service import account_keys as account_keys
from neuroflow.cli.commands.service import connect as connect
from neuroflow.cli.commands.service import keys as keys
from neuroflow.cli.commands.service import notify as notify
from neuroflow.cli.commands.studies import check as check
from neuroflow.cli.commands.studies import exclude as exclude
from neuroflow.cli.commands.studies import exclude_result as exclude_result
from neuroflow.cli.commands.studies import fill_in as fill_in
from neuroflow.cli.commands.studies import forget as forget
from neuroflow.cli.commands.studies import include as include
from neuroflow.cli.commands.studies import include_result as include_result
from neuroflow.cli.commands.studies import override as override
from neuroflow.cli.commands.studies import override_all as override_all
from neuroflow.cli.commands.studies import package as package
from neuroflow.cli.commands.studies import pause as pause
from neuroflow.cli.commands.studies import rebuild as rebuild
<<<<<<< HEAD
from neuroflow.cli.commands.studies import repeat as repeat
=======
from neuroflow.cli.commands.studies import resume as resume
from neuroflow.cli.commands.studies import stop as stop
>>>>>>> 8f99ce4 (Add neuroflow pause, resume and stop)
from neuroflow.cli.commands.studies import submit as submit
