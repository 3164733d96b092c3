from .app import app as app
from .voila import serve_page as serve_page
