"""Where everything of the environment lies."""

import hashlib
import os
from pathlib import Path

ADD_ON = "crm_playbook"
IGNORE_SYSTEM = "CRM_PLAYBOOK_IGNORE_SYSTEM"
# A Unix socket has a path of at most 107 characters, and PostgreSQL adds its own
# file name and that of a lock to the folder's.
LONGEST_SOCKET_FOLDER = 80


class Layout:
    """The paths of one checkout and of its private folder ``.odoo``."""

    def __init__(self, checkout):
        self.checkout = Path(checkout).resolve()
        self.home = self.checkout / ".odoo"
        self.apt = self.home / "apt"
        self.downloads = self.home / "downloads"
        self.odoo = self.home / "odoo"
        self.python = self.home / "python"
        self.system = self.home / "system"
        self.programs = self.home / "bin"
        self.cluster = self.home / "postgres"
        self.addons = self.home / "addons"
        self.data = self.home / "data"
        self.stamps = self.home / "stamps"
        self.configuration = self.home / "odoo.conf"
        self.server_log = self.home / "odoo.log"

    def log(self, name):
        """The path of the log called ``name``."""
        return self.home / f"{name}.log"

    @property
    def add_on(self):
        """The add-on under its technical name, whatever the checkout is called."""
        return self.addons / ADD_ON

    @property
    def socket(self):
        """The folder of PostgreSQL's socket, elsewhere if the checkout lies deep."""
        folder = self.home / "socket"
        if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(f"/tmp/{ADD_ON}-{digest}")


def ignores_system():
    """Whether programs found on the machine are passed over (to test downloads)."""
    return bool(os.environ.get(IGNORE_SYSTEM))
