from .remote import SftpRemote as SftpRemote
