"""What the reports say of the campaign, besides its own figures."""

SUMS = (
    "opportunity_count",
    "open_count",
    "won_count",
    "lost_count",
    "planned_action_count",
    "done_action_count",
    "cost",
    "order_count",
    "revenue",
    "refunded",
    "invoiced",
)
RATIOS = ("conversion", "roi", "average_sale")
VIEWS = ("first_touch", "last_touch", "linear", "time_decay", "direct")


def read_results(contract, campaign):
    """The reports of the campaign, by the contract alone.

    :return: dict of ``kinds`` ({what: {figure: sum}}, of figures that are not 0),
        ``ratios`` of the whole campaign, ``attribution`` ({view: sum}) and
        ``differences`` ({check: how many}, of the self-check)
    """
    domain = [["crm_campaign_id", "=", campaign]]
    rows = _groups(contract, "crm.campaign.figure", domain, ["kind"], SUMS, "sum")
    (ratios,) = _groups(contract, "crm.campaign.figure", domain, [], RATIOS, "avg")
    (views,) = _groups(contract, "crm.attribution", domain, [], VIEWS, "sum")
    return {
        "kinds": {
            row.pop("kind"): {name: row[name] for name in SUMS if row[name]}
            for row in rows
        },
        "ratios": ratios,
        "attribution": views,
        "differences": _differences(contract),
    }


def _groups(contract, model, domain, groupby, names, how):
    rows = contract.call(
        model,
        "formatted_read_group",
        domain=domain,
        groupby=groupby,
        aggregates=[f"{name}:{how}" for name in names],
    )
    return [
        {name: row[name] for name in groupby}
        | {name: row[f"{name}:{how}"] for name in names}
        for row in rows
    ]


def _differences(contract):
    checks = contract.call("crm.self.check", "get_checks")
    return {
        check["name"]: contract.call("crm.self.check", "run_check", name=check["name"])[
            "differences"
        ]
        for check in checks
    }
