from .cleaned import cells_for_text as cells_for_text
from .cleaned import portable as portable
from .dictionary import data_dictionary as data_dictionary
from .files import save_cohort_table as save_cohort_table
from .files import write_tsv as write_tsv
