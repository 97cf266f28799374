from odoo import models


class CrmOperationRun(models.Model):
    """Whoever a run leaves out for the control group is recorded in it.

    Others have their opportunity for the same reason: both are compared.
    """

    _inherit = "crm.operation.run"

    def _note_targets(self, operation, ids, left_out):
        result = super()._note_targets(operation, ids, left_out)
        if campaign := operation.spawn_campaign_id:
            found = [one for one in ids if left_out.get(one, "control") == "control"]
            entities = operation._finder().browse(found)._entity_of_operation()
            campaign._hold_back(campaign._welcome(entities.ids))
        return result
