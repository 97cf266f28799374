from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# Long after the last mail that could come at the same moment as another.
KEPT_DAYS = 1


class CrmIncomingSender(models.Model):
    """Where mails of one sender that come at the same moment wait for each other.

    The first of them makes entity and opportunity; the others find both.
    """

    _name = "crm.incoming.sender"
    _description = "Sender of Incoming Mail"
    _rec_name = "address"
    _log_access = False

    address = fields.Char(required=True, help="A domain of one's own, or an address.")
    wrote_at = fields.Datetime(required=True)

    _address_index = models.UniqueIndex("(address)")

    @api.model
    def _take_turn(self, address):
        """Be alone with the mails of ``address`` until the end of the transaction.

        Whoever comes second cannot see what the first has made: PostgreSQL refuses
        their update, and the whole transaction is done again by whoever began it.

        :raise psycopg2.errors.SerializationFailure: for whoever comes second
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_incoming_sender (address, wrote_at)
                VALUES (%(address)s, %(now)s)
                ON CONFLICT (address) DO UPDATE SET wrote_at = EXCLUDED.wrote_at
                """,
                address=address,
                now=fields.Datetime.now(),
            )
        )

    @api.autovacuum
    def _forget_senders(self):
        """Nobody waits for mails that came long ago."""
        long_ago = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("wrote_at", "<", long_ago)]).unlink()
