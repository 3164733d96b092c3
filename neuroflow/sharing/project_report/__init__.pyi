from .write_report import render as render
from .write_report import report as report
