from .document import RECIPE as RECIPE
from .document import Document as Document
from .document import recipe as recipe
from .documents import save_paper_table as save_paper_table
from .key_findings import key_findings as key_findings
from .measured import service_words as service_words
from .methods import methods_text as methods_text
from .paper_table import paper_table as paper_table
