"""Commands about studies: find, check, decide, package, submit."""

from neuroflow.cli.commands.studies.cohort import check as check
from neuroflow.cli.commands.studies.cohort import exclude as exclude
from neuroflow.cli.commands.studies.cohort import exclude_result as exclude_result
from neuroflow.cli.commands.studies.cohort import fill_in as fill_in
from neuroflow.cli.commands.studies.cohort import forget as forget
from neuroflow.cli.commands.studies.cohort import include as include
from neuroflow.cli.commands.studies.cohort import include_result as include_result
from neuroflow.cli.commands.studies.cohort import override as override
from neuroflow.cli.commands.studies.cohort import override_all as override_all
from neuroflow.cli.commands.studies.cohort import package as package
from neuroflow.cli.commands.studies.jobs import pause as pause
from neuroflow.cli.commands.studies.jobs import resume as resume
from neuroflow.cli.commands.studies.jobs import stop as stop
from neuroflow.cli.commands.studies.log import log as log
from neuroflow.cli.commands.studies.notes import note as note
from neuroflow.cli.commands.studies.notes import notes as notes
from neuroflow.cli.commands.studies.rebuild import rebuild as rebuild
from neuroflow.cli.commands.studies.repeat import repeat as repeat
from neuroflow.cli.commands.studies.submit import submit as submit
from neuroflow.cli.commands.studies.survey import deidentification as deidentification
from neuroflow.cli.commands.studies.survey import survey as survey
