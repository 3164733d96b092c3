"""Commands that analyse a cohort table: comparisons, accuracy, Table 1, figures."""

from neuroflow.cli.commands.analysis.accuracy import accuracy as accuracy
from neuroflow.cli.commands.analysis.accuracy import compare_auc as compare_auc
from neuroflow.cli.commands.analysis.across import compare_cohorts as compare_cohorts
from neuroflow.cli.commands.analysis.across import harmonize as harmonize
from neuroflow.cli.commands.analysis.across import pool_effects as pool_effects
from neuroflow.cli.commands.analysis.across import replication as replication
from neuroflow.cli.commands.analysis.compare import compare as compare
from neuroflow.cli.commands.analysis.compare import table_one as table_one
from neuroflow.cli.commands.analysis.follow_up import power as power
from neuroflow.cli.commands.analysis.follow_up import repeatability as repeatability
from neuroflow.cli.commands.analysis.norms import z_scores as z_scores
from neuroflow.cli.commands.analysis.norms import z_summary as z_summary
from neuroflow.cli.commands.analysis.plot import plot as plot
from neuroflow.cli.commands.analysis.probabilities import calibration as calibration
from neuroflow.cli.commands.analysis.probabilities import confusion_matrix as confusion_matrix
from neuroflow.cli.commands.analysis.relations import asymmetry as asymmetry
from neuroflow.cli.commands.analysis.relations import correlate as correlate
from neuroflow.cli.commands.analysis.relations import correlate_regions as correlate_regions
from neuroflow.cli.commands.analysis.sites import compare_sites as compare_sites
from neuroflow.cli.commands.analysis.sites import site_differences as site_differences
from neuroflow.cli.commands.analysis.trial import compare_arms as compare_arms
from neuroflow.cli.commands.analysis.trial import person_change as person_change
