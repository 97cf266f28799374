"""Run in Odoo's shell: receive a mail, as Odoo does that fetches it from a server."""

import os

env = globals()["env"]  # which Odoo's shell holds ready
number = os.environ["MAIL_NUMBER"]

env["mail.thread"].with_context(
    default_fetchmail_server_id=int(os.environ["MAIL_SERVER"])
).message_process(
    None,
    f"""From: Grace Hopper <grace@own.example>
To: welcome@shop.test.example
Subject: Mail {number}
Message-Id: <{number}@own.example>

Could you call me, please?
""",
)
