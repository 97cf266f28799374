"""Tell whoever recorded an action what followed from it."""


def notice_of_answer(action, campaign=None):
    """A short notice with the effects that the ledger holds; it closes the wizard.

    :param campaign: one that was started besides, by hand
    """
    effects = action.answer_ids.filtered("effects").mapped("effects")
    lines = [line for text in effects for line in text.splitlines()]
    if campaign:
        lines.append(action.env._("Campaign started: %s", campaign.name))
    followed = "; ".join(lines)
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": "success",
            "title": action.env._("Recorded: %s", action.outcome_id.name),
            "message": followed or action.env._("No rule says what follows."),
            "next": {"type": "ir.actions.act_window_close"},
        },
    }
