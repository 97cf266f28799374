"""The name of the variable that tells the strict plugin where to report."""

REPORT = "CRM_PLAYBOOK_TEST_REPORT"
