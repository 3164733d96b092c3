"""Commands about results: status, collect, watch, table, export."""

from neuroflow.cli.commands.results.coverage import coverage as coverage
from neuroflow.cli.commands.results.table import collect as collect
from neuroflow.cli.commands.results.table import export as export
from neuroflow.cli.commands.results.table import status as status
from neuroflow.cli.commands.results.table import table as table
from neuroflow.cli.commands.results.watch import watch as watch
