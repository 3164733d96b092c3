"""Commands about what leaves a project: report, verify."""

from neuroflow.cli.commands.sharing.report import report as report
from neuroflow.cli.commands.sharing.report import verify as verify
