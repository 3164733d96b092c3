from .harmonize import harmonize as harmonize
from .sites import compare_sites as compare_sites
from .sites import remove_site as remove_site
