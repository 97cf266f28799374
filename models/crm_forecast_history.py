from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from . import company_day
from .crm_forecast_category import CATEGORIES

STATES = [
    ("open", "Open"),
    ("won", "Won"),
    ("lost", "Lost"),
    ("archived", "Archived"),
]
# What is kept of each opportunity, in SQL over its row.
FACTS = {
    "company_id": "lead.company_id",
    "team_id": "lead.team_id",
    "user_id": "lead.user_id",
    "stage_id": "lead.stage_id",
    "state": "standing.state",
    "category": "coalesce(lead.forecast_category, 'pipeline')",
    "amount": "coalesce(lead.expected_revenue, 0)",
    "probability": "CASE standing.state WHEN 'won' THEN 100 WHEN 'lost' THEN 0 "
    "ELSE coalesce(lead.probability, 0) END",
    "date": "CASE WHEN standing.state IN ('won', 'lost') THEN closing.day "
    "ELSE lead.date_deadline END",
}
# When a change holds from: now, unless whoever brings in a past says when it was.
MOMENT_SETTING = "crm_playbook.moment"
MOMENT = SQL(
    "coalesce(nullif(current_setting(%s, true), '')::timestamp,"
    " now() AT TIME ZONE 'UTC')",
    MOMENT_SETTING,
)


class CrmForecastHistory(models.Model):
    """How each opportunity stood in the forecast, from when until when.

    Triggers of PostgreSQL on opportunities end a row and begin another in the same
    transaction, whoever writes: the ORM, bulk SQL, a merge, a cascade. So how all
    stood at any moment is one query: the rows that held then. What changes several
    times in one transaction leaves its last state. The history begins with the add-on.

    Each change of one of the ``FACTS`` costs one row; nothing is ever taken away, so
    that an opportunity that is deleted leaves how it stood. A row is read by whoever
    had the opportunity then, and who leads the team that it was of, or one above.
    """

    _name = "crm.forecast.history"
    _description = "Forecast History"
    _log_access = False
    _order = "valid_from DESC, id DESC"
    _rec_name = "lead_id"

    lead_id = fields.Many2one(
        "crm.lead", "Opportunity", ondelete="set null", index="btree_not_null"
    )
    lead_key = fields.Integer(
        required=True, help="The opportunity's number, which it leaves when it goes."
    )
    company_id = fields.Many2one("res.company", ondelete="cascade")
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    team_id = fields.Many2one("crm.team", "Sales Team", ondelete="set null")
    user_id = fields.Many2one("res.users", "Salesperson", ondelete="set null")
    stage_id = fields.Many2one("crm.stage", ondelete="set null")
    state = fields.Selection(STATES, required=True)
    category = fields.Selection(CATEGORIES, required=True)
    amount = fields.Monetary(required=True)
    probability = fields.Float(required=True, aggregator="avg", help="In per cent.")
    weighted = fields.Monetary(help="Amount by probability.")
    date = fields.Date(
        "Closing",
        help="When it is expected to close; of closed ones, the day it was closed, "
        "where the company is.",
    )
    valid_from = fields.Datetime(required=True)
    valid_to = fields.Datetime(help="Empty: so it stands now.")

    _one_now_index = models.UniqueIndex("(lead_key) WHERE valid_to IS NULL")
    _one_at_a_time_index = models.UniqueIndex("(lead_key, valid_from)")
    _due_index = models.Index("(company_id, date, valid_to)")
    # What is open now, and what was and ended: with what is asked of them.
    _open_now_index = models.Index(
        "(company_id, date) INCLUDE (lead_key, team_id, user_id, category, amount) "
        "WHERE valid_to IS NULL AND state = 'open'"
    )
    _ended_index = models.Index(
        "(company_id, valid_to) INCLUDE (date, lead_key, category, valid_from) "
        "WHERE valid_to IS NOT NULL AND state = 'open'"
    )
    _ends_after_it_begins = models.Constraint(
        "CHECK(valid_from < valid_to)", "A state ends after it began."
    )

    @api.depends("company_id")
    def _compute_currency_id(self):
        for row in self:
            row.currency_id = (row.company_id or self.env.company).currency_id

    # === READING === #

    @api.model
    def _search(self, domain, *args, **kwargs):
        # What is still to be written of opportunities is history when it is.
        self.env["crm.lead"].flush_model()
        return super()._search(domain, *args, **kwargs)

    @api.model
    def _at(self, moment=None):
        """The rows that held right before a moment (UTC), or that hold now."""
        now = Domain("valid_to", "=", False)
        if not moment:
            return now
        return Domain("valid_from", "<", moment) & (
            now | Domain("valid_to", ">=", moment)
        )

    # === TRIGGERS === #

    def init(self):
        # A row for each change, for years: ordinary ids would end one day.
        self._execute(
            SQL(
                """ALTER TABLE crm_forecast_history ALTER id TYPE bigint;
                   ALTER SEQUENCE crm_forecast_history_id_seq AS bigint"""
            )
        )
        # The table of opportunities may not be complete yet.
        self.pool.post_init(self._begin_to_keep)

    def _begin_to_keep(self):
        self._execute(
            SQL(
                """CREATE OR REPLACE FUNCTION crm_forecast_history_keep()
                   RETURNS trigger LANGUAGE plpgsql AS $$
                   DECLARE
                       moment timestamp := %s;
                   BEGIN
                       IF TG_OP = 'DELETE' THEN
                           %s;
                       ELSE
                           IF TG_OP = 'UPDATE' THEN
                               %s;
                           END IF;
                           %s;
                       END IF;
                       RETURN NULL;
                   END $$""",
                MOMENT,
                _end(SQL("SELECT id FROM old_rows")),
                _end(SQL("SELECT id FROM new_rows WHERE type <> 'opportunity'")),
                _keep(SQL("new_rows")),
            )
        )
        for event, rows in (
            ("INSERT", SQL("NEW TABLE AS new_rows")),
            ("UPDATE", SQL("NEW TABLE AS new_rows")),
            ("DELETE", SQL("OLD TABLE AS old_rows")),
        ):
            name = SQL.identifier(f"{self._table}_{event.lower()}")
            self._execute(SQL("DROP TRIGGER IF EXISTS %s ON crm_lead", name))
            self._execute(
                SQL(
                    """CREATE TRIGGER %s AFTER %s ON crm_lead REFERENCING %s
                       FOR EACH STATEMENT
                       EXECUTE FUNCTION crm_forecast_history_keep()""",
                    name,
                    SQL(event),
                    rows,
                )
            )
        self._catch_up()

    @api.model
    def _stop_keeping(self):
        """Leave no trigger behind when the add-on goes."""
        self._execute(SQL("DROP FUNCTION IF EXISTS crm_forecast_history_keep CASCADE"))

    @api.model
    def _catch_up(self):
        """Keep what was changed with triggers off, such as before the add-on came."""
        self.env.flush_all()
        gone = SQL(
            """SELECT lead_key FROM crm_forecast_history
                WHERE valid_to IS NULL AND NOT EXISTS (
                    SELECT FROM crm_lead
                     WHERE id = lead_key AND type = 'opportunity')"""
        )
        self._execute(
            SQL(
                "DO $$ DECLARE moment timestamp := %s; BEGIN %s; %s; END $$",
                MOMENT,
                _end(gone),
                _keep(SQL("crm_lead")),
            )
        )

    @api.model
    def _differences(self):
        """Numbers of opportunities that stand otherwise than the history says."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT coalesce(fact.lead_key, now.lead_key)
                     FROM (%s) fact
                     FULL JOIN (SELECT * FROM crm_forecast_history
                                 WHERE valid_to IS NULL) now
                       ON now.lead_key = fact.lead_key
                    WHERE %s""",
                _facts(SQL("crm_lead")),
                _differ("now", "fact"),
            )
        )
        return sorted(key for (key,) in rows)

    def _execute(self, query):
        self.env.cr.execute(query)


# === SQL === #


def _facts(rows):
    """How opportunities stand that are among these rows of their table."""
    return SQL(
        """SELECT lead.id AS lead_key, %s
             FROM %s lead
             %s
       CROSS JOIN LATERAL (
                  SELECT CASE WHEN lead.won_status IN ('won', 'lost')
                              THEN lead.won_status
                              WHEN lead.active THEN 'open'
                              ELSE 'archived' END AS state) standing
       CROSS JOIN LATERAL (
                  SELECT %s AS day) closing
            WHERE lead.type = 'opportunity'""",
        SQL(", ").join(
            SQL("%s AS %s", SQL(fact), SQL.identifier(name))
            for name, fact in FACTS.items()
        ),
        rows,
        company_day.join_zone_of_company(SQL("lead.company_id")),
        company_day.day(
            SQL(
                "coalesce(lead.date_closed, lead.date_last_stage_update,"
                " lead.create_date)"
            )
        ),
    )


def _keep(rows):
    """End what no longer holds of these opportunities, and begin what holds now.

    What this very transaction, or one at the same moment, began is put right in place.
    """
    facts = _names(FACTS)
    return SQL(
        """UPDATE crm_forecast_history now SET valid_to = moment
             FROM (%s) fact
            WHERE now.lead_key = fact.lead_key AND now.valid_to IS NULL
              AND now.valid_from < moment AND %s;
           INSERT INTO crm_forecast_history
                  (lead_id, lead_key, %s, weighted, valid_from)
           SELECT fact.lead_key, fact.lead_key, %s,
                  amount * probability::numeric / 100, moment
             FROM (%s) fact
            WHERE NOT EXISTS (
                  SELECT FROM crm_forecast_history now
                   WHERE now.lead_key = fact.lead_key AND now.valid_to IS NULL
                     AND NOT (%s))
               ON CONFLICT (lead_key) WHERE valid_to IS NULL DO UPDATE
              SET (%s, weighted) = (%s, excluded.weighted)""",
        _facts(rows),
        _differ("now", "fact"),
        facts,
        facts,
        _facts(rows),
        _differ("now", "fact"),
        facts,
        _names(FACTS, "excluded"),
    )


def _end(keys):
    """End what holds of opportunities that are none any more."""
    return SQL(
        """DELETE FROM crm_forecast_history
            WHERE valid_to IS NULL AND valid_from >= moment AND lead_key IN (%s);
           UPDATE crm_forecast_history SET valid_to = moment
            WHERE valid_to IS NULL AND lead_key IN (%s)""",
        keys,
        keys,
    )


def _differ(one, other):
    return SQL("(%s) IS DISTINCT FROM (%s)", _names(FACTS, one), _names(FACTS, other))


def _names(names, table=None):
    return SQL(", ").join(
        SQL.identifier(table, name) if table else SQL.identifier(name) for name in names
    )
