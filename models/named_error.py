"""Of several records, tell which one an error is about."""

from contextlib import contextmanager

from odoo.exceptions import UserError


@contextmanager
def named_error(record):
    """Put the name of the record before what a ``UserError`` says.

    :param record: the record; nothing where there is only one
    """
    try:
        yield
    except UserError as error:
        if not record or record.display_name in str(error):
            raise
        raise type(error)(f"{record.display_name}: {error}") from error
