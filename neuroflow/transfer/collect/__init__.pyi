from .discover import find_folders as find_folders
from .discover import find_results as find_results
from .discover import list_folder as list_folder
from .folder_contents import has_results as has_results
