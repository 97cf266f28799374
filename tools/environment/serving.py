"""Serve pages until somebody stops it, and say when they are there."""

import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from .failure import Failure, tail

ADDRESS = "http://127.0.0.1:{port}"
WELCOME = """
  Odoo is ready:   {address}
  Log in with:     admin / admin
  Click first:     the app Playbook, then Campaigns
  Stop it with:    Ctrl-C        (its log: {log})
"""


def require_free_port(port):
    """Fail with advice if something listens on ``port`` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Failure(
                f"Port {port} cannot be used: {error.strerror}.",
                f"Choose another one: ./run --port {port + 1}",
                "or stop the program that uses it (another ./run, perhaps).",
            ) from error


def serve(command, environment, port, log, console):
    """Run the server, welcome the person when it answers, and wait for its end."""
    process = subprocess.Popen(command, env=environment)
    _pass_signals_to(process)
    with console.step("Odoo starts"):
        answers = _wait_for_answer(process, port)
    if answers:
        console.say(WELCOME.format(address=ADDRESS.format(port=port), log=log))
    status = process.wait()
    if not answers and status:
        raise Failure(f"Odoo would not start:\n{tail(log)}", f"The whole log: {log}")
    return status


def _pass_signals_to(process):
    # The terminal sends Ctrl-C to both: Odoo ends by it, this program waits for that.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())


def _wait_for_answer(process, port):
    url = f"{ADDRESS.format(port=port)}/web/health"
    while process.poll() is None:
        if _answers(url):
            return True
        time.sleep(0.3)
    return False


def _answers(url):
    # A proxy of the machine has no say about an address of its own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10):
            return True
    except (urllib.error.URLError, OSError):
        return False
