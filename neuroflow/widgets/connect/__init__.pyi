from .model import ConnectModel as ConnectModel
from .view import connect_form as connect_form
