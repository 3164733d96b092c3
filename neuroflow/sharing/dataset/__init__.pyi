from .dataset import export_bids as export_bids
