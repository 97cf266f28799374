"""Tell whoever did something in a dialog what followed from it."""


def notice(title, records, message=None, links=()):
    """A short notice that closes the dialog.

    :param records: what was dealt with
    :param message: what is said of it; its names, or their number, by default
    :param links: list of ``{"label", "url"}``, one for each ``%s`` of the message
    """
    if message is None:
        message = _names(records)
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": "success",
            "title": title,
            "message": message,
            "links": list(links),
            "next": {"type": "ir.actions.act_window_close"},
        },
    }


def notice_of_answers(actions, before):
    """What followed from actions that were just done, with a link to the next task.

    :param before: the planned actions that their journeys had before
    """
    told = actions._told(before)
    message = "; ".join(
        item["text"] if item["count"] == 1 else f"{item['count']} × {item['text']}"
        for item in told
    )
    planned = actions.answer_ids.planned_action_ids.filtered(
        lambda action: action.state == "planned" and action.mode != "automatic"
    )
    following = planned._filtered_access("read").sorted("date_start")[:1]
    links = [
        {"label": task.display_name, "url": f"/odoo/actions/{task.id}"}
        for task in following
    ]
    env = actions.env
    recorded = env._("Recorded: %s", actions.outcome_id[:1].name)
    return notice(
        recorded if len(actions) == 1 else f"{recorded} ({len(actions)})",
        actions,
        # Where links are put in, a mere percent sign is written twice.
        message.replace("%", "%%") + ". %s" if links else message,
        links,
    )


def _names(records):
    if len(records) == 1:
        return records.display_name
    return records.env._("%s records", len(records))
