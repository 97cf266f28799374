from . import crm_action_wizard
from . import crm_action_cancel
from . import crm_action_reassign
from . import crm_action_record
from . import crm_action_register
from . import crm_action_reschedule
from . import crm_lead_go_to_stage
from . import crm_lead_start_playbook
