from psycopg2.errors import UniqueViolation

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import PlaybookCase

# Rows of these go one by one, and PostgreSQL looks who points at each.
LARGE = (
    *("res_partner", "crm_lead", "crm_action", "crm_transition"),
    *("sale_order", "survey_user_input"),
)


@tagged("post_install", "-at_install")
class TestIndexes(PlaybookCase):
    """There are as few indexes as can be, but those that something relies on."""

    def test_who_points_at_a_row_that_goes_is_found_by_an_index(self):
        pointing = self.env.execute_query(
            SQL(
                """SELECT pointing.conrelid::regclass::text, name.attname
                     FROM pg_constraint pointing
                     JOIN pg_attribute name
                       ON name.attrelid = pointing.conrelid
                      AND name.attnum = pointing.conkey[1]
                    WHERE pointing.contype = 'f'
                      AND pointing.conrelid = ANY(%s::regclass[])
                      AND pointing.confrelid = ANY(%s::regclass[])
                      AND NOT EXISTS (SELECT FROM pg_index
                                       WHERE indrelid = pointing.conrelid
                                         AND indkey[0] = name.attnum)""",
                ["crm_action", "crm_transition", "crm_lead"],
                list(LARGE),
            )
        )
        self.assertEqual(pointing, [])

    def test_one_visit_has_one_task_of_its_stage(self):
        task = self._start().sudo().action_ids
        self.assertEqual(task.planned_by, "stage")
        self._check_refused(task)

    def test_one_ledger_line_has_one_task_of_its_rule(self):
        self._create_rule(self.no_answer, task_type_id=self.visit.id)
        lead = self._start()
        self._do(lead, self.no_answer)
        task = lead.sudo().action_ids.filtered(lambda one: one.planned_by == "rule")
        self.assertEqual(len(task), 1)
        self._check_refused(task)

    def test_people_plan_what_they_like(self):
        task = self.env["crm.action"].create(
            {
                "partner_id": self.partner.id,
                "lead_id": self._start().id,
                "action_type_id": self.call.id,
            }
        )
        self._insert_copy(task)

    def _check_refused(self, task):
        with (
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
            mute_logger("odoo.sql_db"),
        ):
            self._insert_copy(task)

    def _insert_copy(self, task):
        """Another row like it, as whoever gets around the engine would make it."""
        task.flush_recordset()
        columns = SQL(", ").join(
            SQL.identifier(field.name)
            for field in task._fields.values()
            if field.store and field.column_type and field.name != "id"
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_action (%s) SELECT %s FROM crm_action WHERE id = %s",
                columns,
                columns,
                task.id,
            )
        )
