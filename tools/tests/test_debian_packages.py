"""Packages are what they should be, or they are refused."""

import hashlib

import pytest

from environment import debian_packages
from environment.debian_packages import Apt, Package
from environment.failure import Failure
from environment.layout import Layout


class Silence:
    """A progress that nobody looks at."""

    def tell(self, detail):
        """Say nothing."""


def _download(monkeypatch, tmp_path, served, expected):
    """Download a package whose archive serves other bytes than expected, perhaps."""
    monkeypatch.setattr(
        debian_packages,
        "run_logged",
        lambda command, *rest, **options: command[3].write_bytes(served),
    )
    checksum = f"SHA256:{hashlib.sha256(expected).hexdigest()}"
    package = Package("file:/pool/p/odoo_19.0%2bdfsg_all.deb", len(served), checksum)
    return Apt(Layout(tmp_path)).download([package], Silence())


def test_package_is_kept_under_its_readable_name(monkeypatch, tmp_path):
    [file] = _download(monkeypatch, tmp_path, b"odoo", b"odoo")
    assert file.name == "odoo_19.0+dfsg_all.deb"
    assert file.read_bytes() == b"odoo"


def test_package_with_another_checksum_is_refused_and_removed(monkeypatch, tmp_path):
    with pytest.raises(Failure, match="not the file that this project was tested"):
        _download(monkeypatch, tmp_path, b"something else", b"odoo")
    assert list(Layout(tmp_path).downloads.iterdir()) == []


def test_complete_download_is_not_repeated(monkeypatch, tmp_path):
    _download(monkeypatch, tmp_path, b"odoo", b"odoo")
    [file] = _download(monkeypatch, tmp_path, b"not asked for", b"odoo")
    assert file.read_bytes() == b"odoo"


def test_full_disk_is_told_before_the_download(monkeypatch, tmp_path):
    usage = debian_packages.shutil.disk_usage(tmp_path)._replace(free=1 << 20)
    monkeypatch.setattr(debian_packages.shutil, "disk_usage", lambda _folder: usage)
    with pytest.raises(Failure, match="MB free"):
        _download(monkeypatch, tmp_path, b"odoo", b"odoo")


def test_machine_without_apt_is_told_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(debian_packages, "APT_HELPER", tmp_path / "missing")
    with pytest.raises(Failure, match="ODOO_PATH"):
        Apt(Layout(tmp_path)).prepare()
