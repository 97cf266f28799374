from . import crm_campaign_results
from . import crm_forecast
