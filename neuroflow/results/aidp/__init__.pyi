from .reader import AidpFile as AidpFile
from .reader import AidpReader as AidpReader
from .schema import Schema as Schema
from .sheet import ID_HEADERS as ID_HEADERS
from .sheet import VALUE_HEADERS as VALUE_HEADERS
from .sheet import header_metric as header_metric
from .sheet import plain as plain
