from .copy_button import CopyButton as CopyButton
from .download_button import DownloadButton as DownloadButton
from .notifications import notify as notify
from .notifications import notify_box as notify_box
