from . import crm_wall
