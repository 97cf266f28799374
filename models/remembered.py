from odoo import api, models


class CrmRemembered(models.AbstractModel):
    """What is asked all the time and changes seldom: answers about its records are
    remembered (``ormcache``) until one of them is written.
    """

    _name = "crm.remembered"
    _description = "Remembered Until It Changes"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
