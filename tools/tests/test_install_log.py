"""The log of an installation is read like a person would read it."""

import pytest

from environment.install_log import complaints

RECORD = "2026-01-02 03:04:05,678 42 {level} crm_playbook_template_new {logger}: {text}"


def _log(level, logger, text):
    return "\n".join(
        [
            RECORD.format(level="INFO", logger="odoo.modules", text="before"),
            RECORD.format(level=level, logger=logger, text=text),
            "  and a line that belongs to it",
            RECORD.format(level="INFO", logger="odoo.modules", text="after"),
        ]
    )


@pytest.mark.parametrize(
    ("level", "logger", "text"),
    [
        ("ERROR", "odoo.sql_db", "bad query"),
        ("CRITICAL", "odoo.modules", "gone"),
        ("WARNING", "odoo.addons.crm_playbook.models.x", "strange"),
        ("WARNING", "odoo.fields", "crm_playbook: unknown parameter"),
    ],
)
def test_error_and_own_warning_are_complaints(level, logger, text):
    [complaint] = complaints(_log(level, logger, text))
    assert text in complaint
    assert complaint.endswith("belongs to it")


@pytest.mark.parametrize(
    ("level", "logger"), [("WARNING", "odoo.addons.crm"), ("INFO", "odoo.sql_db")]
)
def test_warning_of_others_is_none(level, logger):
    assert complaints(_log(level, logger, "not ours")) == []
