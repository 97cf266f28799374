from . import base_partner_merge
from . import crm_action_record
from . import crm_campaign_resume
from . import crm_lead_start_playbook
from . import crm_playbook_stage_retire
from . import crm_segment_add
from . import crm_segment_combine
