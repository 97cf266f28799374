from . import test_access
from . import test_crm_action
from . import test_crm_action_channel
from . import test_crm_campaign
from . import test_crm_journey
from . import test_crm_playbook_rule
from . import test_engine_properties
from . import test_shipped_scheme
