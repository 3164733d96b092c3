from .addresses import Delivery as Delivery
from .addresses import Notices as Notices
from .news import News as News
from .news import NewsMemory as NewsMemory
