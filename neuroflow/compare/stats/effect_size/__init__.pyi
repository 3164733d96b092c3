from .eta_squared import eta_squared_interval as eta_squared_interval
from .noncentral import small_sample_factor as small_sample_factor
from .standardised import hedges_g as hedges_g
from .standardised import standardised_interval as standardised_interval
from .standardised import unequal_variances_g as unequal_variances_g
