"""The commands of `neuroflow`, one file per group."""

from neuroflow.cli.commands.analyses import accuracy as accuracy
from neuroflow.cli.commands.analyses import compare as compare
from neuroflow.cli.commands.analyses import table_one as table_one
from neuroflow.cli.commands.app import app as app
from neuroflow.cli.commands.connect import connect as connect
from neuroflow.cli.commands.demo import demo as demo
from neuroflow.cli.commands.explain import explain as explain
from neuroflow.cli.commands.keys import account_keys as account_keys
from neuroflow.cli.commands.keys import keys as keys
from neuroflow.cli.commands.notify import notify as notify
from neuroflow.cli.commands.plot import plot as plot
from neuroflow.cli.commands.rebuild import rebuild as rebuild
from neuroflow.cli.commands.results import collect as collect
from neuroflow.cli.commands.results import export as export
from neuroflow.cli.commands.results import status as status
from neuroflow.cli.commands.results import table as table
from neuroflow.cli.commands.studies import check as check
from neuroflow.cli.commands.studies import exclude as exclude
from neuroflow.cli.commands.studies import fill_in as fill_in
from neuroflow.cli.commands.studies import forget as forget
from neuroflow.cli.commands.studies import include as include
from neuroflow.cli.commands.studies import override as override
from neuroflow.cli.commands.studies import override_all as override_all
from neuroflow.cli.commands.studies import package as package
from neuroflow.cli.commands.submit import submit as submit
from neuroflow.cli.commands.watch import watch as watch
