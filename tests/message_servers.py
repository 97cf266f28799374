"""Who takes messages off Odoo's hands: a mail server and an SMS provider.

They really listen, on this machine, and misbehave as the test wants it.
"""

import asyncio
import json
import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from aiosmtpd.controller import Controller

from .server import free_port

PATIENCE = 60


class Pausing:
    """Waits, where it was told to, before it answers; the test sees that it waits."""

    def __init__(self):
        self.waits = Event()
        self.goes_on = Event()

    def wait_until_it_waits(self):
        """Return once a message was taken and its sender gets no answer yet."""
        if not self.waits.wait(PATIENCE):
            raise TimeoutError("No message came that was to be kept waiting.")

    def go_on(self):
        """Let it answer, now and from here on."""
        self.goes_on.set()


class MailServer(Pausing):
    """Takes mail.

    ``faults`` says of an address what goes wrong with it. ``refused``: there is no such
    person. ``left``: the connection breaks before the text is handed over. ``cut``: it
    breaks when the text was taken, instead of an answer. ``slow``: the text was taken,
    and the answer waits for ``go_on``. Any other answer takes ``seconds``.
    """

    def __init__(self):
        super().__init__()
        self.faults = {}
        self.seconds = 0
        self.taken = []
        port = free_port()
        self.address = f"smtp://127.0.0.1:{port}"
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    def start(self):
        """Listen."""
        self._controller.start()

    def stop(self):
        """Listen no more."""
        self._controller.stop()

    async def handle_RCPT(self, server, _session, envelope, address, _options):
        """Called by aiosmtpd for each recipient."""
        fault = self.faults.get(address)
        if fault == "refused":
            return "550 No such person"
        if fault == "left":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):
        """Called by aiosmtpd when the whole text is there."""
        [address] = envelope.rcpt_tos
        self.taken.append(address)
        fault = self.faults.get(address)
        if fault == "cut":
            server.transport.abort()
        if fault == "slow":
            self.waits.set()
            while not self.goes_on.is_set():
                await asyncio.sleep(0.02)
        await asyncio.sleep(self.seconds)
        return "250 OK"


class SmsProvider(Pausing):
    """Takes SMS as Odoo's own service does.

    ``state`` is what it says became of each: ``success``, ``processing`` (it keeps it
    for later), ``wrong_number_format`` ... ``fault`` is what goes wrong. ``slow``: the
    answer waits for ``go_on``. ``cut``: the connection breaks instead of an answer.
    ``broken``: only the beginning of an answer comes. A number: that HTTP status.
    """

    def __init__(self):
        super().__init__()
        self.state = "success"
        self.fault = None
        self.taken = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                text = self.rfile.read(int(self.headers["Content-Length"]))
                provider._take(self, json.loads(text))

            def log_message(self, *_arguments):
                """The tests look at what was taken, not at a log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def start(self):
        """Listen."""
        self._thread.start()

    def stop(self):
        """Listen no more."""
        self.go_on()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, handler, request):
        numbers = [
            number
            for message in request["params"]["messages"]
            for number in message["numbers"]
        ]
        self.taken += [number["number"] for number in numbers]
        if self.fault == "slow":
            self.waits.set()
            self.goes_on.wait(PATIENCE)
        # Whoever asked may be gone by now.
        with suppress(ConnectionError):
            self._reply(handler, numbers)

    def _reply(self, handler, numbers):
        if self.fault == "cut":
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        handler.send_response(self.fault if isinstance(self.fault, int) else 200)
        handler.end_headers()
        results = [{"uuid": number["uuid"], "state": self.state} for number in numbers]
        text = json.dumps({"result": results}).encode()
        handler.wfile.write(text[:9] if self.fault == "broken" else text)
