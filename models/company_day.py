"""Days and months where the company of a campaign is, in SQL.

The zone is the one by which points count days: of the company's address, else of its
working hours (``_points_zone`` of :class:`ResCompany`).
"""

from odoo.tools import SQL


def join_zone(campaign_id):
    """Join the time zone of a campaign's company as ``zone.name``.

    :param SQL campaign_id: of which campaign
    """
    return SQL(
        """LEFT JOIN (
               SELECT campaign.id AS campaign_id,
                      coalesce(address.tz, calendar.tz, 'UTC') AS name
                 FROM crm_campaign campaign
            LEFT JOIN res_company company ON company.id = campaign.company_id
            LEFT JOIN res_partner address ON address.id = company.partner_id
            LEFT JOIN resource_calendar calendar
                   ON calendar.id = company.resource_calendar_id
           ) zone ON zone.campaign_id = %s""",
        campaign_id,
    )


def join_zone_of_company(company_id):
    """Join the time zone of a company as ``zone.name``.

    :param SQL company_id: which company
    """
    return SQL(
        """LEFT JOIN (
               SELECT company.id AS company_id,
                      coalesce(address.tz, calendar.tz, 'UTC') AS name
                 FROM res_company company
            LEFT JOIN res_partner address ON address.id = company.partner_id
            LEFT JOIN resource_calendar calendar
                   ON calendar.id = company.resource_calendar_id
           ) zone ON zone.company_id = %s""",
        company_id,
    )


def day(moment):
    """The day of a moment in UTC, where the company is."""
    return SQL(
        "(%s AT TIME ZONE 'UTC' AT TIME ZONE coalesce(zone.name, 'UTC'))::date", moment
    )


def month(moment):
    """The first day of the month of a moment in UTC, where the company is."""
    return SQL("date_trunc('month', %s)::date", day(moment))
