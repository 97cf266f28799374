import logging
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from . import company_day
from .engine import CONFLICTS


class Fact(NamedTuple):
    """Something that counts: which rows of a table, how much of what, and when.

    :param str which: a condition on the rows
    :param figures: {name: SQL, as a text}
    :param keys: {name: SQL} for the keys that are not columns of the table
    """

    table: str
    which: str
    figures: dict
    keys: dict


NOTHING = SQL("NULL::int")
# By what figures are told apart.
KEYS = (
    "kind",
    "crm_campaign_id",
    "user_id",
    "team_id",
    "playbook_stage_id",
    "source_id",
    "lost_reason_id",
    "action_type_id",
    "date",
    "date_opened",
)
FACTS = (
    # The day on which an opportunity was made has it for good,
    Fact(
        "crm_lead",
        "crm_campaign_id IS NOT NULL AND won_status IS NOT NULL",
        {"opportunity_count": "1", "open_count": "(won_status = 'pending')::int"},
        {
            "kind": SQL("'opportunity'"),
            "lost_reason_id": NOTHING,
            "action_type_id": NOTHING,
            "date": company_day.day(SQL("create_date")),
            "date_opened": company_day.month(SQL("create_date")),
        },
    ),
    # and the one on which it was closed how it ended.
    Fact(
        "crm_lead",
        "crm_campaign_id IS NOT NULL AND won_status IN ('won', 'lost')",
        {
            "won_count": "(won_status = 'won')::int",
            "lost_count": "(won_status = 'lost')::int",
            "seconds_to_win": "CASE WHEN won_status = 'won' THEN "
            "extract(epoch FROM coalesce(date_closed, create_date) - create_date) "
            "ELSE 0 END::bigint",
        },
        {
            "kind": SQL("'closing'"),
            "lost_reason_id": SQL(
                "CASE WHEN won_status = 'lost' THEN lost_reason_id END"
            ),
            "action_type_id": NOTHING,
            "date": company_day.day(SQL("coalesce(date_closed, create_date)")),
            "date_opened": company_day.month(SQL("create_date")),
        },
    ),
    # Of a corrected action, the correcting one counts.
    Fact(
        "crm_action",
        "crm_campaign_id IS NOT NULL AND corrected_by_id IS NULL",
        {
            "planned_action_count": "(state = 'planned')::int",
            "done_action_count": "(state = 'done')::int",
            "failed_action_count": "(state = 'failed')::int",
            "action_cost": "CASE WHEN state = 'done' THEN coalesce(cost, 0) ELSE 0 END",
            "points": "coalesce(points, 0)",
        },
        {
            "kind": SQL("'action'"),
            "source_id": NOTHING,
            "lost_reason_id": NOTHING,
            "date": company_day.day(
                SQL("CASE WHEN state = 'done' THEN done_at ELSE date_start END")
            ),
            "date_opened": SQL("NULL::date"),
        },
    ),
)
TABLES = tuple(dict.fromkeys(fact.table for fact in FACTS))
FIGURES = tuple(name for fact in FACTS for name in fact.figures)
TYPES = {"action_cost": "numeric", "seconds_to_win": "bigint"}

_logger = logging.getLogger(__name__)


class CrmCampaignFigureDelta(models.Model):
    """What each statement changed in the figures of a campaign.

    Triggers of PostgreSQL on opportunities and actions add a line for each key (the
    campaign, whose, the stage, the day ...) whose figures a statement changes, in the
    same transaction. So the sum of the lines is exact whoever writes: the ORM, bulk
    SQL, a merge, a cascade.
    Lines are only ever added, so that nobody waits for, or conflicts with, somebody
    else at work in the same campaign; now and then they are folded, one for each key.
    """

    _name = "crm.campaign.figure.delta"
    _description = "Change of Campaign Figures"
    _log_access = False

    # Numbers instead of references: a foreign key would be looked up, and the row of
    # the campaign be locked, for each line; what they come from has one already.
    kind = fields.Char(required=True)
    crm_campaign_id = fields.Integer(required=True, index=True)
    user_id = fields.Integer()
    team_id = fields.Integer()
    playbook_stage_id = fields.Integer()
    source_id = fields.Integer()
    lost_reason_id = fields.Integer()
    action_type_id = fields.Integer()
    date = fields.Date(help="Where the company is.")
    date_opened = fields.Date(help="The first day of that month.")
    opportunity_count = fields.Integer()
    open_count = fields.Integer()
    won_count = fields.Integer()
    lost_count = fields.Integer()
    # Whole numbers cancel each other out to nothing; fractions would leave dust.
    seconds_to_win = fields.Integer()
    planned_action_count = fields.Integer()
    done_action_count = fields.Integer()
    failed_action_count = fields.Integer()
    action_cost = fields.Float(digits=0)
    points = fields.Integer()

    # === TRIGGERS === #

    def init(self):
        # So many lines come and go that ordinary ids would end one day.
        self._execute(
            SQL(
                """ALTER TABLE crm_campaign_figure_delta ALTER id TYPE bigint,
                       ALTER seconds_to_win TYPE bigint;
                   ALTER SEQUENCE crm_campaign_figure_delta_id_seq AS bigint"""
            )
        )
        # The tables that are counted may not be complete yet.
        self.pool.post_init(self._begin_to_count)

    def _begin_to_count(self):
        for table in TABLES:
            self._create_function(table)
            for event in ("INSERT", "UPDATE", "DELETE"):
                self._create_trigger(table, event)
        self._rebuild()

    def _create_function(self, table):
        """What is done after each statement that changes ``table``."""
        facts = [fact for fact in FACTS if fact.table == table]
        figures = [name for fact in facts for name in fact.figures]
        added = _count(facts, figures, SQL("new_rows"))
        removed = _count(facts, figures, SQL("old_rows"), sign=-1)
        self._execute(
            SQL(
                """CREATE OR REPLACE FUNCTION %s() RETURNS trigger
                   LANGUAGE plpgsql AS $$
                   BEGIN
                       IF TG_OP = 'INSERT' THEN %s;
                       ELSIF TG_OP = 'UPDATE' THEN %s;
                       ELSE %s;
                       END IF;
                       RETURN NULL;
                   END $$""",
                _function(table),
                _insert_sums(added, figures),
                _insert_sums(SQL("%s UNION ALL %s", removed, added), figures),
                _insert_sums(removed, figures),
            )
        )

    def _create_trigger(self, table, event):
        name = SQL.identifier(f"{self._table}_{event.lower()}")
        old, new = SQL("OLD TABLE AS old_rows"), SQL("NEW TABLE AS new_rows")
        rows = {"INSERT": new, "UPDATE": SQL("%s %s", old, new), "DELETE": old}
        self._execute(
            SQL("DROP TRIGGER IF EXISTS %s ON %s", name, SQL.identifier(table))
        )
        self._execute(
            SQL(
                """CREATE TRIGGER %s AFTER %s ON %s REFERENCING %s
                   FOR EACH STATEMENT EXECUTE FUNCTION %s()""",
                name,
                SQL(event),
                SQL.identifier(table),
                rows[event],
                _function(table),
            )
        )

    @api.model
    def _stop_counting(self):
        """Leave no trigger behind when the add-on goes."""
        for table in TABLES:
            self._execute(SQL("DROP FUNCTION IF EXISTS %s CASCADE", _function(table)))

    # === FOLDING === #

    @api.model
    def _cron_fold(self):
        """Fold the lines of each campaign, one transaction a campaign."""
        progress = self.env["ir.cron"]._commit_progress
        campaign_ids = self._campaign_ids_to_fold()
        progress(remaining=len(campaign_ids))
        for campaign_id in campaign_ids:
            self._fold_if_free(campaign_id)
            if not progress(1):
                break

    @api.model
    def _campaign_ids_to_fold(self):
        rows = self.env.execute_query(
            SQL(
                """SELECT crm_campaign_id FROM crm_campaign_figure_delta
                 GROUP BY crm_campaign_id
                   HAVING count(*) > count(DISTINCT (%s))
                 ORDER BY crm_campaign_id""",
                _names(KEYS),
            )
        )
        return [campaign_id for (campaign_id,) in rows]

    @api.model
    def _fold_if_free(self, campaign_id):
        """Fold, unless somebody else is at it: then there is nothing to do."""
        try:
            with self.env.cr.savepoint():
                self._fold(campaign_id)
        except CONFLICTS as conflict:
            _logger.info("Figures of campaign %s: %s", campaign_id, conflict)

    @api.model
    def _fold(self, campaign_id):
        """Replace the lines of each key by one, in one statement.

        It keeps the lowest id of its key: the same, however often it is folded. Lines
        that come meanwhile are left for the next time.
        """
        self._execute(
            SQL(
                """WITH folded AS (
                       DELETE FROM crm_campaign_figure_delta
                        WHERE id IN (SELECT id FROM crm_campaign_figure_delta
                                      WHERE crm_campaign_id = %s
                                        FOR UPDATE SKIP LOCKED)
                    RETURNING *
                   )
                   INSERT INTO crm_campaign_figure_delta (%s, %s, id) %s""",
                campaign_id,
                _names(KEYS),
                _names(FIGURES),
                _sum(SQL("SELECT * FROM folded"), FIGURES, more=SQL(", min(id)")),
            )
        )

    # === READING === #

    @api.model
    def _figures_query(self):
        """The figures: one row for each key."""
        return _sum(
            SQL("SELECT * FROM crm_campaign_figure_delta"),
            FIGURES,
            more=SQL(", min(id) AS id"),
        )

    @api.model
    def _sums_of(self, campaign_ids, names, by=()):
        """Sum up figures of campaigns, in one query.

        :param names: of figures
        :param by: keys besides the campaign
        :return: {(campaign id, key ...): {name: sum}}
        """
        self.env["crm.lead"].flush_model()
        self.env["crm.action"].flush_model()
        rows = self._read_group(
            [("crm_campaign_id", "in", campaign_ids)],
            ["crm_campaign_id", *by],
            [f"{name}:sum" for name in names],
        )
        width = 1 + len(by)
        return {row[:width]: dict(zip(names, row[width:], strict=True)) for row in rows}

    # === CHECKING === #

    @api.model
    def _rebuild(self):
        """Count everything anew, such as after rows were written with triggers off.

        People may go on working: what they change meanwhile is added to what is counted
        here.
        """
        self.env.flush_all()
        self._execute(
            SQL(
                "WITH gone AS (DELETE FROM crm_campaign_figure_delta) %s",
                _insert_sums(_count_all(), FIGURES),
            )
        )

    @api.model
    def _differences(self):
        """Where the figures are not what opportunities and actions say.

        :return: list of tuples (each of ``KEYS``, then what is missing of each of
            ``FIGURES``); empty where all is right
        """
        self.env.flush_all()
        told = SQL(
            "SELECT %s, %s FROM crm_campaign_figure_delta",
            _names(KEYS),
            SQL(", ").join(SQL("-%s", SQL.identifier(name)) for name in FIGURES),
        )
        return self.env.execute_query(
            _sum(SQL("%s UNION ALL %s", _count_all(), told), FIGURES)
        )

    def _execute(self, query):
        self.env.cr.execute(query)


# === SQL === #


def _count(facts, figures, rows, sign=1):
    """What rows of a table count, one line a row and fact.

    :param figures: names of all the figures of the lines; those that are not of a fact
        count 0
    :param rows: the table itself, or those of its rows that a statement changed
    """
    return SQL(" UNION ALL ").join(
        SQL(
            "SELECT %s, %s FROM %s counted %s WHERE %s",
            SQL(", ").join(_key(fact, name) for name in KEYS),
            SQL(", ").join(
                SQL(
                    "%s * (%s) AS %s",
                    SQL(str(sign)),
                    SQL(fact.figures.get(name, "0")),
                    SQL.identifier(name),
                )
                for name in figures
            ),
            rows,
            company_day.join_zone(SQL("counted.crm_campaign_id")),
            SQL(fact.which),
        )
        for fact in facts
    )


def _count_all():
    return SQL(" UNION ALL ").join(
        _count([fact], FIGURES, SQL.identifier(fact.table)) for fact in FACTS
    )


def _key(fact, name):
    column = SQL("counted.%s", SQL.identifier(name))
    return SQL("%s AS %s", fact.keys.get(name, column), SQL.identifier(name))


def _sum(lines, figures, more=None):
    """One line for each key whose sum is not nothing.

    :param more: what else is selected
    """
    sums = {name: SQL("coalesce(sum(%s), 0)", SQL.identifier(name)) for name in figures}
    return SQL(
        "SELECT %s, %s %s FROM (%s) line GROUP BY %s HAVING (%s) <> (%s)",
        _names(KEYS),
        SQL(", ").join(
            SQL("%s::%s AS %s", sums[name], SQL(_type(name)), SQL.identifier(name))
            for name in figures
        ),
        more or SQL(),
        lines,
        _names(KEYS),
        SQL(", ").join(sums.values()),
        SQL(", ").join(SQL("0") for _figure in figures),
    )


def _insert_sums(lines, figures):
    return SQL(
        "INSERT INTO crm_campaign_figure_delta (%s, %s) %s",
        _names(KEYS),
        _names(figures),
        _sum(lines, figures),
    )


def _type(figure):
    return TYPES.get(figure, "int")


def _names(names):
    return SQL(", ").join(SQL.identifier(name) for name in names)


def _function(table):
    return SQL.identifier(f"crm_campaign_figure_of_{table}")
