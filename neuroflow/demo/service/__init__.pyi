from .aidp import NOTICE as NOTICE
from .aidp import check_layout as check_layout
from .engine import Subject as Subject
from .pipeline import GroundTruth as GroundTruth
from .reference_stats import GROUPS as GROUPS
from .server import DemoService as DemoService
