"""What a vCard file or a QR code says of somebody.

Nothing here knows of Odoo's records: text comes in, dictionaries go out.
"""

import re
from urllib.parse import unquote

import vobject
from babel import Locale
from vobject.base import VObjectError
from vobject.vcard import Address, Name

from .card_text import read_text

VCARD_MARK = re.compile(r"(BEGIN|END):VCARD", re.IGNORECASE)
# A card with a large picture is shorter, and no QR code holds more than the second.
MOST_LETTERS = 5_000_000
MOST_LETTERS_OF_CODE = 4296
# What reading a card ends with that breaks the rules of vCards.
FAULTS = (
    VObjectError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)
# How version 4.0 writes a picture, which is read as the versions before wrote it.
PHOTO_LINK = re.compile(r"PHOTO[^:\n]*:data:image/(\w+);base64,", re.IGNORECASE)
# Numbers of people come before those of their desk, these before all others.
PHONE_RANKS = ("cell", "work", "voice", "main", "home")
# What separates the fields of a MECARD, unless a backslash stands before it.
MECARD_FIELD = re.compile(r"(?<!\\);")
# In which languages cards name countries.
LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "ca", "nl", "pl")


class UnreadableCard(ValueError):
    """What was given is no card; the text says why."""


def split_vcards(text):
    """The cards of a file, each as text.

    :raise UnreadableCard: when it has none
    """
    cards, start = [], None
    for mark in VCARD_MARK.finditer(text):
        begins = mark[1].upper() == "BEGIN"
        if begins and start is None:
            start = mark.start()
        elif not begins and start is not None:
            cards.append(text[start : mark.end()])
            start = None
    if not cards:
        raise UnreadableCard("BEGIN:VCARD")
    return cards


def read_vcard(text):
    """The fields of one vCard of version 2.1, 3.0 or 4.0.

    :return: dictionary; ``phone``, ``email`` the preferred ones, the others in ``note``
    :raise UnreadableCard: when it breaks the rules of vCards
    """
    if len(text) > MOST_LETTERS:
        raise UnreadableCard(f"> {MOST_LETTERS}")
    try:
        lines = PHOTO_LINK.sub(r"PHOTO;ENCODING=b;TYPE=\1:", text) + "\n"
        return _fields(next(vobject.readComponents(lines, allowQP=True)))
    except FAULTS as error:
        raise UnreadableCard(str(error)) from error


def _fields(vcard):
    phone, *phones = _phones(vcard) or [None]
    email, *emails = _preferred(vcard, "email") or [None]
    notes = [*_preferred(vcard, "note"), *phones, *emails]
    company, *departments = _first(vcard, "org", list) or [None]
    card = {
        "name": _name(vcard),
        "company_name": company,
        "function": _first(vcard, "title") or _first(vcard, "role"),
        "phone": phone,
        "email": email,
        "website": _first(vcard, "url"),
        "image": _photo(vcard),
        "note": "\n".join([*filter(None, departments), *notes]),
        **_address(vcard),
    }
    return {name: value for name, value in card.items() if value}


def read_code(text, country_code=None):
    """The fields of what a QR code holds: a MECARD, a link, or plain text.

    :raise UnreadableCard: when nothing in it tells of anybody
    """
    if len(text) > MOST_LETTERS_OF_CODE:
        raise UnreadableCard(f"> {MOST_LETTERS_OF_CODE}")
    scheme, _colon, rest = text.strip().partition(":")
    reader = {
        "mecard": _read_mecard,
        "mailto": lambda rest: {"email": unquote(rest.partition("?")[0])},
        "tel": lambda rest: {"phone": unquote(rest)},
        "http": lambda _rest: {"website": text.strip()},
        "https": lambda _rest: {"website": text.strip()},
    }.get(scheme.casefold())
    card = reader(rest) if reader else read_text(text, country_code)
    if not card:
        raise UnreadableCard(text)
    return card


def country_code(name):
    """The two letters of a country, by them or by its name in one of the languages."""
    sought = name.strip().casefold()
    for language in LANGUAGES:
        for code, written in Locale(language).territories.items():
            if sought in (code.casefold(), written.casefold()):
                return code
    return None


# === VCARD === #


def _first(vcard, name, kind=str):
    """The preferred value of a field, none if there is none."""
    return next(iter(_preferred(vcard, name, kind)), None)


def _preferred(vcard, name, kind=str):
    """The values of a field that are of a kind, the preferred one first."""
    lines = sorted(vcard.contents.get(name, []), key=lambda line: not _is_pref(line))
    values = [line.value for line in lines if isinstance(line.value, kind)]
    return [v.strip() if isinstance(v, str) else v for v in values if v]


def _is_pref(line):
    return "PREF" in line.params or "pref" in _types(line)


def _types(line):
    """What kind of number it is: versions write it in three ways."""
    written = [*line.params.get("TYPE", []), *line.singletonparams]
    return {kind.casefold() for text in written for kind in text.split(",")}


def _phones(vcard):
    """The numbers, the one to call first; a fax machine is nobody to talk to."""
    lines = vcard.contents.get("tel", [])
    lines = [line for line in lines if line.value and isinstance(line.value, str)]
    lines = [line for line in lines if "fax" not in _types(line)]
    lines.sort(key=lambda line: (not _is_pref(line), _phone_rank(line)))
    return [line.value.removeprefix("tel:").strip() for line in lines]


def _phone_rank(line):
    kinds = _types(line)
    ranks = (rank for rank, kind in enumerate(PHONE_RANKS) if kind in kinds)
    return min(ranks, default=len(PHONE_RANKS))


def _name(vcard):
    if written := _first(vcard, "fn"):
        return written
    parts = _first(vcard, "n", Name)
    if not parts:
        return None
    return " ".join(filter(None, map(_joined, (parts.given, parts.family)))).strip()


def _joined(value):
    """A part of a name or address, of which there may be several."""
    return " ".join(value) if isinstance(value, list) else (value or "")


def _address(vcard):
    address = _first(vcard, "adr", Address)
    if not address:
        return {}
    street, *more = _joined(address.street).splitlines() or [""]
    extended = [_joined(address.extended), _joined(address.box), *more]
    return {
        "street": street,
        "street2": ", ".join(filter(None, map(str.strip, extended))),
        "zip": _joined(address.code),
        "city": _joined(address.city),
        "state": _joined(address.region),
        "country": _joined(address.country),
    }


def _photo(vcard):
    """The picture, if it is in the card itself."""
    return _first(vcard, "photo", bytes)


# === OTHER CODES === #


def _read_mecard(text):
    """``N:Doe,John;TEL:+13035551212;EMAIL:john@example.com;;``"""
    fields = {}
    for field in MECARD_FIELD.split(text):
        name, colon, value = field.partition(":")
        if colon and value:
            fields.setdefault(name.strip().upper(), []).append(_unescaped(value))
    names = {"TEL": "phone", "EMAIL": "email", "ORG": "company_name", "URL": "website"}
    card = {
        ours: fields[theirs][0] for theirs, ours in names.items() if theirs in fields
    }
    if "N" in fields:
        family, _comma, given = fields["N"][0].partition(",")
        card["name"] = f"{given.strip()} {family.strip()}".strip()
    if "ADR" in fields:
        card["street"] = fields["ADR"][0]
    notes = [*fields.get("NOTE", []), *fields.get("TEL", [])[1:]]
    return card | ({"note": "\n".join(notes)} if notes else {})


def _unescaped(value):
    return re.sub(r"\\(.)", r"\1", value).strip()
