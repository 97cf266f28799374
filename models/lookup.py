"""Find what a caller names, or tell them that it is not there."""

from odoo.exceptions import UserError


def existing(env, model, record_id):
    """The record of ``model`` with that id, readable by the user.

    :raise UserError: when there is none
    :raise AccessError: when the user may not read it
    """
    valid = isinstance(record_id, int) and not isinstance(record_id, bool)
    record = env[model].browse(record_id).exists() if valid else env[model]
    if not record:
        raise UserError(
            env._(
                "There is no %(what)s with id %(id)s.",
                what=env[model]._description,
                id=record_id,
            )
        )
    record.check_access("read")
    return record
