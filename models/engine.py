"""The key to what only the engine may write.

A state is changed through its one door, never by a plain ``write``. The door opens
with an object that lives in this process only: no context that comes in over RPC can
hold it.
"""

_KEY = object()


def as_engine(records):
    """The same records, with the rights of the engine; the user stays who they are."""
    return records.sudo().with_context(crm_playbook_engine=_KEY)


def is_engine(env):
    """Whether this code runs behind one of the doors."""
    return env.context.get("crm_playbook_engine") is _KEY
