from . import crm_campaign_results
