{
    "name": "Playbook",
    "summary": "Campaigns that know what to do next: playbooks, actions, outcomes, rules and ROI",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Playbook for Odoo",
    "license": "LGPL-3",
    "application": True,
    "depends": [
        "contacts",
        "crm_sms",
        "mass_mailing_crm",
        "mass_mailing_sms",
        "sale_crm",
        "sale_management",
        "survey_crm",
    ],
    "data": [
        "security/crm_playbook_security.xml",
        "security/ir.model.access.csv",
        "data/ir_cron_data.xml",
    ],
}
