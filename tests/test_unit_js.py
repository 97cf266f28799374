from odoo.tests import HttpCase, tagged

SUITE = "@crm_playbook"


@tagged("post_install", "-at_install")
class TestUnitJs(HttpCase):
    """The unit tests of the components, in Odoo's own runner."""

    def test_components(self):
        self._run("desktop")

    def test_components_on_a_phone(self):
        self.browser_size, self.touch_enabled = "375x667", True
        self._run("mobile")

    def _run(self, preset):
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset={preset}&timeout=15000"
            f"&id={_hoot_id(SUITE)}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=lambda message: "[HOOT]" not in message,
        )


def _hoot_id(name):
    """The id that the runner gives a suite: a hash of its name."""
    code = 0
    for char in name:
        code = ((code << 5) - code + ord(char)) & 0xFFFFFFFF
    return f"{code:08x}"
