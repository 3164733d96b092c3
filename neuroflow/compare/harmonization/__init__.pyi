from .harmonize import Harmonization as Harmonization
from .harmonize import harmonize as harmonize
from .site_differences import site_differences as site_differences
from .sites import compare_sites as compare_sites
from .sites import remove_site as remove_site
