from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from ..models import bulk
from ..models.crm_replacement_places import DOMAINS
from ..models.domain_text import replace_in_domain
from ..models.engine import as_engine
from .common import PlaybookCase

LOG = ("crm_replacement", "crm_action_record")
MANY = 100_000


class ReplacementCase(PlaybookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yes = cls._create_outcome("Test yes", "positive")
        cls.other_status = cls.env["crm.commercial.status"].create({"name": "Other"})

    def _replace(self, replaced, by, **values):
        kind, name = self.env["crm.replacement"]._kind_of(replaced._name)
        values |= {"kind": kind, name: replaced.id, f"by_{name}": by.id}
        return self.env["crm.replacement"].with_user(self.manager).create(values)

    def _named(self, target):
        """Who names each record of a model, as PostgreSQL's foreign keys tell it."""
        self.env.flush_all()
        columns = self.env.execute_query(
            SQL(
                """SELECT source.relname, attribute.attname
                     FROM pg_constraint reference
                     JOIN pg_class source ON source.oid = reference.conrelid
                     JOIN pg_attribute attribute
                       ON attribute.attrelid = reference.conrelid
                      AND attribute.attnum = reference.conkey[1]
                    WHERE reference.contype = 'f'
                      AND reference.confrelid = %s::regclass""",
                self.env[target]._table,
            )
        )
        return {
            (table, column): sorted(self._rows(table, column))
            for table, column in columns
            if not table.startswith(LOG)
        }

    def _rows(self, table, column):
        # Tables of pairs have no id: the pair is one.
        key = "id" if self._has_id(table) else "named.*"
        return self.env.execute_query(
            SQL(
                "SELECT %s, %s FROM %s named WHERE %s IS NOT NULL",
                SQL(key),  # pylint: disable=sql-injection
                SQL.identifier(column),
                SQL.identifier(table),
                SQL.identifier(column),
            )
        )

    def _has_id(self, table):
        return bool(
            self.env.execute_query(
                SQL(
                    "SELECT FROM information_schema.columns "
                    "WHERE table_name = %s AND column_name = 'id'",
                    table,
                )
            )
        )

    def _naming(self, target, record):
        return {
            place: [row for row in rows if row[-1] == record.id]
            for place, rows in self._named(target).items()
        }


@tagged("post_install", "-at_install")
class TestCrmReplacement(ReplacementCase):
    def _do(self, outcome=None, partner=None, **values):
        action_id = (
            self.env["crm.action"]
            .with_user(self.seller)
            .register(
                {
                    "partner_id": (partner or self.partner).id,
                    "action_type_id": self.call.id,
                    "outcome_id": (outcome or self.interested).id,
                    **values,
                }
            )
        )
        return self.env["crm.action"].browse(action_id)

    def _create_rule(self, **values):
        return self.env["crm.playbook.rule"].create(
            {
                "action_type_id": self.call.id,
                "outcome_id": self.interested.id,
                "commercial_status_id": self.status.id,
                "task_type_id": self.visit.id,
                "points": 3,
                **values,
            }
        )

    def _segment(self, field, operator, value):
        return self.env["crm.segment"].create(
            {"name": f"By {field}", "domain": repr([(field, operator, value)])}
        )

    # === OUTCOMES === #

    def test_nothing_names_the_replaced_outcome_any_more(self):
        rule = self._create_rule()
        action = self._do()
        segment = self._segment("had_outcome_ids", "in", self.interested.ids)
        self._replace(self.interested, self.yes).replace()
        self.assertFalse(any(self._naming("crm.outcome", self.interested).values()))
        self.assertEqual(action.outcome_id, self.yes)
        self.assertEqual(rule.outcome_id, self.yes)
        self.assertIn(self.yes, self.call.outcome_ids)
        self.assertEqual(segment._partners(), self.partner)
        self.assertFalse(self.interested.active)

    def test_the_rule_answers_the_other_outcome_at_once(self):
        self._create_rule()
        self._do()
        self._replace(self.interested, self.yes).replace()
        other = self._create_partner("Bea")
        self._do(self.yes, other)
        self.assertEqual(other.commercial_status_id, self.status)

    def test_putting_back_leaves_everything_as_it_was(self):
        self._create_rule()
        self._do()
        self._do(self.declined)
        segment = self._segment("had_outcome_ids", "in", self.interested.ids)
        self.visit.outcome_ids += self.yes
        before, domain = self._named("crm.outcome"), segment.domain
        replacement = self._replace(self.interested, self.yes)
        replacement.replace()
        self.assertNotEqual(self._named("crm.outcome"), before)
        replacement.revert()
        self.assertEqual(self._named("crm.outcome"), before)
        self.assertEqual(segment.domain, domain)
        self.assertTrue(self.interested.active)
        self.assertEqual(replacement.restored_count, replacement.replaced_count)

    def test_preview_counts_what_is_then_replaced(self):
        self._create_rule()
        self._do()
        self._segment("had_outcome_ids", "in", self.interested.ids)
        replacement = self._replace(self.interested, self.yes)
        before = self._named("crm.outcome")
        preview = replacement.preview()
        self.assertEqual(self._named("crm.outcome"), before)
        replacement.replace()
        self.assertEqual(
            {(one["model"], one["field"]): one["count"] for one in preview},
            {
                (line.model, line.field): line.replaced_count
                for line in replacement.line_ids
            },
        )
        self.assertEqual(
            {one["model"] for one in preview},
            {"crm.action", "crm.playbook.rule", "crm.action.type", "crm.segment"},
        )

    def test_what_was_changed_since_stays_so(self):
        kept, changed = self._do(), self._do()
        replacement = self._replace(self.interested, self.yes)
        replacement.replace()
        as_engine(changed).outcome_id = self.declined
        replacement.revert()
        self.assertEqual(kept.outcome_id, self.interested)
        self.assertEqual(changed.outcome_id, self.declined)
        line = replacement.line_ids.filtered(lambda line: line.model == "crm.action")
        self.assertEqual((line.replaced_count, line.restored_count), (2, 1))

    def test_what_has_come_since_is_replaced_too_and_put_back(self):
        replacement = self._replace(self.interested, self.yes, deactivates=False)
        first = self._do()
        replacement.replace()
        self.call.outcome_ids += self.interested
        second = self._do()
        replacement.replace()
        self.assertEqual((first | second).outcome_id, self.yes)
        replacement.revert()
        self.assertEqual((first | second).outcome_id, self.interested)

    def test_an_outcome_that_was_taken_off_since_does_not_come_back(self):
        replacement = self._replace(self.interested, self.yes)
        replacement.replace()
        self.call.outcome_ids -= self.yes
        replacement.revert()
        self.assertNotIn(self.interested, self.call.outcome_ids)
        self.assertIn(self.interested, self.visit.outcome_ids)

    def test_when_records_were_written_is_not_touched(self):
        action = self._do()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_action SET write_date = '2020-01-01' WHERE id = %s",
                action.id,
            )
        )
        action.invalidate_recordset()
        replacement = self._replace(self.interested, self.yes)
        replacement.replace()
        self.assertEqual(action.write_date.year, 2020)
        replacement.revert()
        self.assertEqual(action.write_date.year, 2020)

    def test_what_was_being_added_meanwhile_is_replaced_soon_after(self):
        replacement = self._replace(self.interested, self.yes)
        cron = self.env.ref("crm_playbook.ir_cron_replace_rest")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([("cron_id", "=", cron.id)])
        replacement.replace()
        after = triggers.search_count([("cron_id", "=", cron.id)])
        self.assertEqual(after - before, 2)
        late = self._do(self.declined)
        as_engine(late).outcome_id = self.interested
        self.env["crm.replacement"]._cron_replace_rest()
        self.assertEqual(late.outcome_id, self.yes)
        replacement.revert()
        self.assertEqual(late.outcome_id, self.interested)

    def test_rules_that_will_answer_the_same_are_told(self):
        mine, twin, _other = (
            self._create_rule(action_type_id=False, outcome_id=outcome.id)
            for outcome in (self.interested, self.yes, self.declined)
        )
        replacement = self._replace(self.interested, self.yes)
        self.assertEqual(replacement.twin_rule_ids, mine | twin)
        twin.playbook_id = self.playbook
        replacement.invalidate_recordset()
        self.assertFalse(replacement.twin_rule_ids)

    def test_replaced_again_it_is_still_put_back_in_the_other_order(self):
        first = self._replace(self.interested, self.yes, deactivates=False)
        first.replace()
        second = self._replace(self.yes, self.declined, deactivates=False)
        second.replace()
        first.replace()
        with self.assertRaisesRegex(UserError, "Put back"):
            first.revert()

    def test_what_people_wrote_in_a_condition_since_is_not_lost(self):
        segment = self._segment("had_outcome_ids", "in", self.interested.ids)
        replacement = self._replace(self.interested, self.yes, deactivates=False)
        replacement.replace()
        edited = repr(
            [("city", "=", "Rome"), ("had_outcome_ids", "in", self.interested.ids)]
        )
        segment.domain = edited
        replacement.replace()
        self.assertEqual(
            segment.domain, edited.replace(str(self.interested.id), str(self.yes.id))
        )
        replacement.revert()
        self.assertEqual(segment.domain, edited)

    def test_the_outcome_that_was_archived_before_stays_archived(self):
        self._do()
        self.interested.active = False
        replacement = self._replace(self.interested, self.yes)
        replacement.replace()
        replacement.revert()
        self.assertFalse(self.interested.active)

    def test_replaced_once_more_is_put_back_in_the_other_order(self):
        action = self._do()
        first = self._replace(self.interested, self.yes)
        first.replace()
        second = self._replace(self.yes, self.declined)
        second.replace()
        with self.assertRaisesRegex(UserError, "Put back"):
            first.revert()
        second.revert()
        first.revert()
        self.assertEqual(action.outcome_id, self.interested)

    # === TYPES === #

    def test_activities_show_the_type_that_takes_its_place(self):
        action = self.env["crm.action"].create(
            {"partner_id": self.partner.id, "action_type_id": self.call.id}
        )
        replacement = self._replace(self.call, self.visit)
        replacement.replace()
        activity = self.env["mail.activity"].search([("crm_action_id", "=", action.id)])
        self.assertEqual(activity.summary, "Test visit")
        replacement.revert()
        self.assertEqual(activity.summary, "Test call")

    def test_types_are_replaced_in_stages_and_rules_and_put_back(self):
        self._create_rule(task_type_id=self.call.id)
        self._do()
        before = self._named("crm.action.type")
        replacement = self._replace(self.call, self.visit)
        replacement.replace()
        self.assertFalse(any(self._naming("crm.action.type", self.call).values()))
        self.assertEqual(self.first.task_type_id, self.visit)
        replacement.revert()
        self.assertEqual(self._named("crm.action.type"), before)

    def test_what_the_scheduler_does_is_not_given_to_people(self):
        message = self._create_message_type()
        self.first.write({"task_type_id": message.id, "task_mode": "automatic"})
        replacement = self._replace(message, self.call)
        with self.assertRaisesRegex(UserError, "done by people"):
            replacement.replace()
        self.assertEqual(replacement.state, "draft")

    def test_a_type_that_stages_plan_is_not_archived(self):
        with self.assertRaisesRegex(UserError, "Replace Everywhere"):
            self.call.active = False
        self.visit.active = False
        self.assertFalse(self.visit.active)

    # === STATUSES === #

    def test_folding_the_ledger_still_gives_the_status(self):
        self._create_rule()
        self._do()
        self._replace(self.status, self.other_status).replace()
        self.assertEqual(self.partner.commercial_status_id, self.other_status)
        lines = self.env["crm.transition"].search(
            [("partner_id", "=", self.partner.id), ("status_after_id", "!=", False)]
        )
        self.assertEqual(lines[:1].status_after_id, self.other_status)

    def test_a_status_that_rules_give_is_not_archived(self):
        rule = self._create_rule()
        with self.assertRaisesRegex(UserError, "Replace Everywhere"):
            self.status.active = False
        rule.active = False
        self.status.active = False

    def test_defaults_of_users_name_the_other_status(self):
        defaults = self.env["ir.default"]
        defaults.set("res.partner", "commercial_status_id", self.status.id)
        replacement = self._replace(self.status, self.other_status)
        replacement.replace()
        value = defaults._get("res.partner", "commercial_status_id")
        self.assertEqual(value, self.other_status.id)
        replacement.revert()
        value = defaults._get("res.partner", "commercial_status_id")
        self.assertEqual(value, self.status.id)

    def test_feeds_ask_for_the_other_status(self):
        feed = self.env["crm.entity.feed"].search([], limit=1)
        feed.domain = f"[('commercial_status_id', '=', {self.status.id})]"
        self._replace(self.status, self.other_status).replace()
        self.assertIn(str(self.other_status.id), feed.domain)

    def test_server_actions_write_the_other_status(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Plan",
                "state": "object_write",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "update_path": "commercial_status_id",
                "resource_ref": f"crm.commercial.status,{self.status.id}",
                "value": str(self.status.id),
            }
        )
        replacement = self._replace(self.status, self.other_status)
        replacement.replace()
        action.with_context(
            active_model="res.partner", active_ids=self.partner.ids
        ).run()
        self.assertEqual(self.partner.commercial_status_id, self.other_status)
        self.assertEqual(action.resource_ref, self.other_status)
        replacement.revert()
        self.assertEqual(action.value, str(self.status.id))
        self.assertEqual(action.resource_ref, self.status)

    def test_an_operation_that_is_under_way_is_not_changed(self):
        operation = self.env["crm.operation"].create(
            {"name": "Test operation", "commercial_status_id": self.status.id}
        )
        run = as_engine(self.env["crm.operation.run"]).create(
            {
                "operation_id": operation.id,
                "user_id": self.manager.id,
                "state": "running",
            }
        )
        replacement = self._replace(self.status, self.other_status)
        with self.assertRaisesRegex(UserError, "is running"):
            replacement.replace()
        run.state = "stopped"
        replacement.replace()
        self.assertEqual(operation.commercial_status_id, self.other_status)

    def test_every_condition_that_the_add_on_stores_is_looked_at(self):
        stored = {
            (field.model_name, field.name)
            for model in self.env.registry.values()
            if not model._abstract and not model._transient
            for field in model._fields.values()
            if field.store and field.type in ("char", "text")
            if "domain" in field.name and model._name.startswith("crm.")
            if "crm_playbook" in field._modules
        }
        self.assertTrue(stored)
        self.assertLessEqual(stored, {(model, name) for model, name, _ in DOMAINS})

    def test_filters_that_people_keep_name_the_other_status(self):
        kept = self.env["ir.filters"].create(
            {
                "name": "Mine",
                "model_id": "crm.lead",
                "domain": "[('user_id', '=', uid), "
                f"('commercial_status_id', '=', {self.status.id})]",
            }
        )
        self._replace(self.status, self.other_status).replace()
        self.assertEqual(
            kept.domain,
            "[('user_id', '=', uid), "
            f"('commercial_status_id', '=', {self.other_status.id})]",
        )

    # === WHO, AND THE LOG === #

    def test_salespeople_do_not_replace(self):
        with self.assertRaises(AccessError):
            self._replace(self.interested, self.yes).with_user(self.seller).replace()

    def test_by_itself_or_by_nothing_is_refused(self):
        with self.assertRaises(ValidationError):
            self._replace(self.interested, self.interested)
        with self.assertRaises(ValidationError):
            self._replace(self.interested, self.env["crm.outcome"])

    def test_by_what_is_archived_is_refused(self):
        self.yes.active = False
        with self.assertRaisesRegex(UserError, "archived"):
            self._replace(self.interested, self.yes).replace()

    def test_the_log_stays(self):
        replacement = self._replace(self.interested, self.yes)
        replacement.replace()
        with self.assertRaises(UserError):
            replacement.unlink()
        with self.assertRaises(UserError):
            replacement.by_outcome_id = self.declined
        with self.assertRaises(UserError):
            replacement.state = "draft"


@tagged("post_install", "-at_install")
class TestManyActions(ReplacementCase):
    def test_a_hundred_thousand_actions_are_exactly_replaced_and_put_back(self):
        outcomes = [self.interested.id, self.declined.id, self.yes.id]
        bulk.insert_columns(
            as_engine(self.env["crm.action"]),
            {"outcome_id": [outcomes[n % 3] for n in range(MANY)]},
            {
                "partner_id": self.partner.id,
                "action_type_id": self.call.id,
                "user_id": self.seller.id,
                "company_id": self.env.company.id,
                "state": "done",
                "done_at": "2026-01-01",
                "date_start": "2026-01-01",
            },
        )
        before = self._named("crm.outcome")
        replacement = self._replace(self.interested, self.yes)
        replacement.replace()
        after = self._named("crm.outcome")
        moved = {
            place: sorted(
                (*key, self.yes.id if named == self.interested.id else named)
                for *key, named in rows
            )
            for place, rows in before.items()
            if "rel" not in place[0]
        }
        self.assertEqual(
            {place: rows for place, rows in after.items() if place in moved}, moved
        )
        line = replacement.line_ids.filtered(lambda line: line.model == "crm.action")
        self.assertEqual(line.replaced_count, -(-MANY // 3))
        replacement.revert()
        self.assertEqual(self._named("crm.outcome"), before)


class TestDomainText(TransactionCase):
    def _replaced(self, text, model="crm.lead"):
        target = "crm.commercial.status"
        return replace_in_domain(self.env[model], text, target, 5, 7)

    def test_plain_conditions(self):
        self.assertEqual(
            self._replaced("[('commercial_status_id', '=', 5)]"),
            "[('commercial_status_id', '=', 7)]",
        )

    def test_lists_name_nobody_twice(self):
        self.assertEqual(
            self._replaced("[('commercial_status_id', 'in', [7, 5, 6])]"),
            "[('commercial_status_id', 'in', [7, 6])]",
        )

    def test_paths_and_conditions_within_conditions(self):
        text = (
            "['|', ('partner_id.commercial_status_id', '!=', {0}), "
            "('action_ids', 'any', [('lead_id.commercial_status_id.id', '=', {0})])]"
        )
        self.assertEqual(self._replaced(text.format(5)), text.format(7))

    def test_other_numbers_names_and_expressions_stay_as_they_are_written(self):
        for text in (
            '[("user_id","=",5)]',
            "[('commercial_status_id', 'ilike', '5')]",
            "[('commercial_status_id', '=', True)]",
            "[(1, '=', 1), ('user_id', '=', uid)]",
            "[('no_such_field', '=', 5)]",
            "[(",
            "[]",
        ):
            self.assertEqual(self._replaced(text), text)
