from .compare_auc import compare_auc as compare_auc
from .diagnostic_accuracy import diagnostic_accuracy as diagnostic_accuracy
from .labelled import Labelled as Labelled
from .labelled import read_labelled as read_labelled
from .roc import RocArea as RocArea
from .roc import area_inference as area_inference
from .roc import roc_area as roc_area
