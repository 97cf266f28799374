"""What the text of a business card says, as a scanner or a phone has read it.

Nothing here knows of Odoo's records: text comes in, a dictionary goes out.
"""

import re

import phonenumbers
from stdnum import get_cc_module
from stdnum.eu import vat as european_vat

from odoo.tools import email_normalize

EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
WEBSITE = re.compile(
    r"(?<![@\w.])(?:https?://\S+|www\.[\w-]+(?:\.[\w-]+)+\S*"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|eu|info|biz|io|es|fr|de|it|pt|uk|nl|be|ch)"
    r"(?:/\S*)?)(?![\w@])",
    re.IGNORECASE,
)
VAT = re.compile(
    r"\b(?:VAT|NIF|CIF|P\.?\s?IVA|TVA|USt-?Id(?:Nr)?|UID|BTW)\b[\s.:No°º#-]*"
    r"([A-Z]{0,2}[A-Z0-9][A-Z0-9 .-]{6,14}[A-Z0-9])",
    re.IGNORECASE,
)
FAX = re.compile(r"\bfax\b|^\s*f\s*[:.]", re.IGNORECASE)
MOBILE = re.compile(r"\bm(?:ob|óv|ov|obile|óvil|ovil)?\b\.?|\bcell\b", re.IGNORECASE)
LABEL = re.compile(
    r"^\W*(?:e-?mail|correo|mail|tel|tél|telephone|teléfono|phone|ph|mob|mobile|móvil"
    r"|movil|cell|fax|web|website|www|[tmfewp])\b\s*[.:|]*\s*",
    re.IGNORECASE,
)
COMPANY = re.compile(
    r"(?:\bS\.?\s?L\.?(?:U\.?)?|\bS\.?\s?A\.?(?:S\.?)?|\bS\.?\s?[rR]\.?\s?[lL]\.?"
    r"|\bS\.?\s?p\.?\s?A\.?|\bSARL|\bGmbH|\bAG|\bKG|\bLtda?\.?|\bLimited|\bInc\.?"
    r"|\bLLC|\bLLP|\bPLC|\bB\.?V\.?|\bN\.?V\.?|\bCorp\.?|\bCo\.)\s*$"
    r"|\b(?:company|group|grupo|consulting|solutions|industries|bank|clinic|clínica"
    r"|university|universidad|holding|studio|partners)\b",
)
FUNCTION = re.compile(
    r"\b(?:manager|director|directora|head|chief|c[efto]o|president|presidente|partner"
    r"|engineer|ingenier[oa]|sales|ventas|comercial|commercial|marketing|purchas\w*"
    r"|buyer|compras|compradora?|consultant|consultora?|developer|architect\w*"
    r"|arquitect[oa]|abogad[oa]|lawyer|assistant|asistente|officer|responsable|jefe"
    r"|jefa|gerente|owner|founder|fundadora?|technician|técnic[oa]|analyst|secretary"
    r"|account executive|geschäftsführer\w*|leiter\w*|directeur|directrice)\b",
    re.IGNORECASE,
)
# A postal code, alone or after the letters of its country, and a place.
PLACE = re.compile(
    r"(?:^|[,·|-]\s*|\s)(?:[A-Z]{1,2}-)?(?P<zip>\d{4,5})\s+(?P<city>[^\W\d][^\d,(|]+)"
)
STREET = re.compile(r"[^\W\d]{2,}.*\d|\d+.*[^\W\d]{3,}")
# Frames, dots and dust that a scanner takes for letters.
NOISE = re.compile(r"^(?:[^\w+(@]|_)+|(?:[^\w.)]|_)+$")
NAME_WORD = re.compile(r"^[^\W\d_][\w.'’-]*$")


def read_text(text, country_code=None):
    """Sort the lines of a card into what they are.

    :param text: the lines
    :param country_code: of the numbers that are written without one, ``ES``
    :return: dictionary of what was found: ``name``, ``company_name``, ``function``,
        ``email``, ``phone``, ``website``, ``vat``, ``street``, ``zip``, ``city``, and
        in ``note`` what could be a second number or address
    """
    lines = [NOISE.sub("", line) for line in text.splitlines()]
    card, rest = _read_marked(lines, country_code)
    card |= _read_address(rest)
    return card | _read_people(rest, card.get("email"))


def _read_marked(lines, country_code):
    """What is known by its form; the lines without it are what remains."""
    emails, sites, phones, vat, rest = [], [], [], None, []
    for line in lines:
        here = EMAIL.findall(line)
        emails += filter(None, map(email_normalize, here))
        left = EMAIL.sub(" ", line)
        if vat is None and (found := VAT.search(left)):
            vat = re.sub(r"[\s.-]", "", found[1]).upper()
            left = left.replace(found[0], " ")
        sites += WEBSITE.findall(left)
        left = WEBSITE.sub(" ", left)
        left = _take_phones(left, country_code, phones)
        left = LABEL.sub("", left) if left != line else left
        rest.append(left.strip(" |,;:·-"))
    first, *others = sorted(phones, key=lambda phone: phone[0]) or [(0, None)]
    known = {
        "email": emails[0] if emails else None,
        "website": sites[0].rstrip(".,;") if sites else None,
        "phone": first[1],
        "vat": _checked_vat(vat, country_code),
        "note": "\n".join([*(number for _rank, number in others), *emails[1:]]),
    }
    return {name: value for name, value in known.items() if value}, rest


def _take_phones(line, country_code, phones):
    """Take the numbers out of the line; a fax machine is nobody to talk to."""
    for found in reversed(
        list(phonenumbers.PhoneNumberMatcher(line, country_code or "ZZ"))
    ):
        before = line[: found.start]
        number = phonenumbers.format_number(
            found.number, phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
        if not FAX.search(before):
            phones.append((0 if MOBILE.search(before) else 1, number))
        line = f"{before} {line[found.end :]}"
    return line


def _checked_vat(number, country_code):
    """The number if it is one, in the European Union or in the country."""
    if not number:
        return None
    if european_vat.is_valid(number):
        return european_vat.compact(number)
    national = get_cc_module(country_code.lower(), "vat") if country_code else None
    if national and national.is_valid(number):
        return f"{country_code}{national.compact(number)}"
    return None


def _read_address(rest):
    """The line with postal code and place, and the street on it or above it."""
    for position, line in enumerate(rest):
        place = PLACE.search(line)
        if not place:
            continue
        before = line[: place.start()].strip(" ,·-|")
        above = rest[position - 1] if position else ""
        street = before or (above if STREET.search(above) else "")
        rest[position] = ""
        if street == above and position:
            rest[position - 1] = ""
        card = {"zip": place["zip"], "city": place["city"].strip(" ,.-")}
        return card | ({"street": street} if street else {})
    return {}


def _read_people(rest, email):
    """Name, function and company among the lines that are nothing else."""
    lines = [line for line in rest if len(line) > 1]
    card = {}
    company = _take(lines, lambda line: _is_company(line, email))
    function = _take(lines, FUNCTION.search)
    name = max(
        (line for line in lines if _looks_like_name(line)),
        key=lambda line: _kinship(line, email),
        default=None,
    )
    if name:
        lines.remove(name)
        card["name"] = name.title() if name.isupper() else name
    if not company and name:
        company = _take(lines, lambda line: not STREET.search(line))
    if company:
        card["company_name"] = company
    if function:
        card["function"] = function
    return card


def _take(lines, fits):
    """The first line that fits, which is then no longer among the lines."""
    found = next(filter(fits, lines), None)
    if found:
        lines.remove(found)
    return found


def _is_company(line, email):
    """Whether a line ends like a company, or is what its domain is called after."""
    domain = (email or "@").partition("@")[2].rpartition(".")[0]
    plain = re.sub(r"\W", "", line).casefold()
    return bool(COMPANY.search(line)) or (
        len(plain) > 2 and plain == re.sub(r"\W", "", domain).casefold()
    )


def _looks_like_name(line):
    words = line.replace(",", " ").split()
    return (
        2 <= len(words) <= 5
        and all(map(NAME_WORD.match, words))
        and sum(word[0].isupper() for word in words) >= 2
    )


def _kinship(line, email):
    """How many letters of the mailbox are in words of the line."""
    mailbox = (email or "").partition("@")[0].casefold()
    return sum(
        len(word)
        for word in map(str.casefold, line.split())
        if len(word) > 1 and word in mailbox
    )
