"""The small promises of the environment."""

import socket
import threading

import pytest

from environment.failure import Failure
from environment.layout import LONGEST_SOCKET_FOLDER, Layout
from environment.lock import exclusive
from environment.odoo_source import OWN_ODOO, OdooSource, pinned_packages
from environment.results import Results
from environment.serving import require_free_port
from environment.stamps import Stamp


class Lines(list):
    """A console that remembers what was said."""

    say = list.append


def test_taken_port_is_told_with_a_way_out():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Failure, match=f"--port {port + 1}"):
            require_free_port(port)


def test_second_run_waits_and_says_so(tmp_path):
    console, order = Lines(), []

    def second():
        with exclusive(tmp_path / "lock", console):
            order.append("second")

    with exclusive(tmp_path / "lock", console):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(timeout=0.3)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert "waiting" in console[0]


def test_stamp_is_fresh_until_a_file_changes(tmp_path):
    layout, file = Layout(tmp_path), tmp_path / "lock.txt"
    file.write_text("one")
    stamp = Stamp(layout, "step", file)
    assert not stamp.is_fresh()
    stamp.write()
    assert stamp.is_fresh()
    file.write_text("two")
    assert not Stamp(layout, "step", file).is_fresh()


def test_socket_of_a_deep_checkout_has_a_short_path(tmp_path):
    deep = Layout(tmp_path / ("deep" * 30))
    assert len(str(deep.socket)) <= LONGEST_SOCKET_FOLDER
    assert deep.socket != Layout(tmp_path / ("other" * 30)).socket


@pytest.mark.parametrize(
    ("release", "told"),
    [(None, "no odoo/release.py"), ("version_info = (18, 0, 0)\n", "is Odoo 18.0")],
)
def test_own_odoo_must_be_the_right_one(tmp_path, monkeypatch, release, told):
    if release:
        (tmp_path / "odoo").mkdir()
        (tmp_path / "odoo/release.py").write_text(release)
    monkeypatch.setenv(OWN_ODOO, str(tmp_path))
    with pytest.raises(Failure, match=told):
        OdooSource(Layout(tmp_path)).is_ready()


def test_every_pinned_package_has_a_checksum(monkeypatch):
    monkeypatch.setenv("CRM_PLAYBOOK_DEBIAN_MIRROR", "https://mirror.example/debian")
    for package in pinned_packages():
        assert package.uri.startswith("https://mirror.example/debian/pool/main/")
        assert len(package.checksum) == len("SHA256:") + 64


def test_nothing_checked_is_no_success():
    assert not Results().are_good()
