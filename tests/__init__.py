from . import test_crm_playbook_rule
