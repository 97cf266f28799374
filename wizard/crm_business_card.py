from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize
from odoo.tools.mimetypes import guess_mimetype

from .card_code import UnreadableCard, country_code, read_code, read_vcard, split_vcards
from .card_photo import UnreadablePhoto, is_picture, missing_part, read_photo
from .card_text import read_text

# More people than somebody looks through one by one are imported as a list.
MOST_CARDS = 200
# More of those who may be meant are not offered.
MOST_CHOICES = 5
ADDRESS = ("street", "street2", "zip", "city", "state_id", "country_id")
# What a card says of the person, and of the company if there is one.
OF_PERSON = ("name", "function", "email", "phone")
OF_COMPANY = ("website", "vat", *ADDRESS)
# How files of older phones and of Windows are written.
ENCODINGS = ("utf-8-sig", "cp1252")
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class CrmBusinessCard(models.TransientModel):
    """A business card that was read, to be looked at before anything is made of it.

    It comes from a vCard file, a QR code or a photo. Somebody who is there already is
    completed: fields that are empty are filled, nothing is overwritten.
    """

    _name = "crm.business.card"
    _description = "Business Card"

    source = fields.Binary("File", attachment=False)
    source_name = fields.Char("File Name")
    next_card_id = fields.Many2one("crm.business.card")
    position = fields.Integer("Card", default=1)
    total = fields.Integer("Of", default=1)
    photo_help = fields.Char(compute="_compute_photo_help")

    name = fields.Char("Person")
    company_name = fields.Char("Company")
    function = fields.Char("Job Position")
    email = fields.Char()
    phone = fields.Char()
    website = fields.Char()
    vat = fields.Char("Tax ID")
    street = fields.Char()
    street2 = fields.Char("Street 2")
    zip = fields.Char()
    city = fields.Char()
    country_id = fields.Many2one("res.country")
    state_id = fields.Many2one(
        "res.country.state", domain="[('country_id', '=?', country_id)]"
    )
    note = fields.Text("Notes")
    image = fields.Binary("Picture", attachment=False)

    found_choices = fields.Json(compute="_compute_found_choices")
    partner_id = fields.Many2one(
        "res.partner",
        "Is Already There",
        compute="_compute_partner_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="Who it is, if they are there already. Empty: a new entity is made.",
    )
    parent_id = fields.Many2one(
        "res.partner",
        "Belongs To",
        compute="_compute_parent_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        domain=[("is_company", "=", True)],
        help="The company, if it is there already. Empty: a new one is made.",
    )
    doubts = fields.Char(compute="_compute_doubts")
    differences = fields.Char("Stays As It Is", compute="_compute_differences")

    # === WHAT IS SHOWN === #

    def _compute_photo_help(self):
        how = {
            None: False,
            "pytesseract": self.env._(
                "To read photos, install the Python package pytesseract and the "
                "program Tesseract on the server: pip install pytesseract, "
                "apt-get install tesseract-ocr."
            ),
            "tesseract": self.env._(
                "To read photos, install the program Tesseract on the server: "
                "apt-get install tesseract-ocr."
            ),
        }
        self.photo_help = how[missing_part()]

    @api.depends("name", "company_name", "email", "phone", "vat", "zip", "city")
    def _compute_found_choices(self):
        for card in self:
            card.found_choices = [
                {
                    "id": entity.id,
                    "text": " · ".join(
                        filter(None, (entity.display_name, entity.email, entity.phone))
                    ),
                }
                for entity in card._find_entities()[:MOST_CHOICES]
            ]

    @api.depends("name", "company_name", "email", "phone", "vat")
    def _compute_partner_id(self):
        for card in self:
            card.partner_id = card._find_entities(certain=True)[:1]

    @api.depends("company_name", "email", "vat")
    def _compute_parent_id(self):
        for card in self:
            card.parent_id = card._find_company()

    @api.depends("email", "phone", "country_id")
    def _compute_doubts(self):
        for card in self:
            doubts = []
            if card.email and not email_normalize(card.email):
                doubts.append(self.env._("%s is not an e-mail address.", card.email))
            if card.phone and not card._format_phone("E164"):
                doubts.append(
                    self.env._(
                        "%(phone)s is not a phone number of %(country)s.",
                        phone=card.phone,
                        country=card._phone_country().name or self.env._("any country"),
                    )
                )
            card.doubts = " ".join(doubts)

    @api.depends("partner_id", "parent_id", *OF_PERSON, *OF_COMPANY, "company_name")
    def _compute_differences(self):
        for card in self:
            card.differences = card.partner_id and ", ".join(
                partner._fields[name]._description_string(self.env)
                for partner, values in card._values_by_entity()
                for name in values
                if partner[name] and not _is_same(partner, name, values[name])
            )

    @api.onchange("phone", "country_id")
    def _onchange_phone(self):
        self.phone = self._format_phone("INTERNATIONAL") or self.phone

    @api.onchange("email")
    def _onchange_email(self):
        self.email = email_normalize(self.email) or self.email

    # === READING === #

    @api.model
    def read_file(self, name, content):
        """Read a vCard file, or the photo of a card.

        :param str name: of the file
        :param str content: of the file, in base64
        :return: the action that shows what was read; nothing is made of it yet
        :raise UserError: when there is nothing to read, and where Tesseract is missing
        """
        self.check_access("create")
        try:
            data = b64decode(content, validate=True)
        except NoBase64 as error:
            raise UserError(self.env._("%s did not arrive whole.", name)) from error
        if guess_mimetype(data).startswith("image/"):
            return self._show([self._read_photo(data)], name, [data])
        return self._read_vcards(_decoded(data), name)

    @api.model
    def read_code(self, text):
        """Read what stands in a QR code: a vCard, a MECARD, a link or plain text.

        :return: the action that shows what was read; nothing is made of it yet
        :raise UserError: when it tells of nobody
        """
        self.check_access("create")
        name = self.env._("QR code")
        if "BEGIN:VCARD" in text.upper():
            return self._read_vcards(text, f"{name}.vcf")
        try:
            card = read_code(text, self._own_country().code)
        except UnreadableCard as error:
            raise UserError(
                self.env._("This code tells of nobody. It says: %s", text[:200])
            ) from error
        return self._show([card], f"{name}.txt", [text.encode()])

    @api.model
    def _read_vcards(self, text, name):
        try:
            texts = split_vcards(text)
        except UnreadableCard as error:
            raise UserError(
                self.env._(
                    "%s is neither a picture nor a vCard file, which holds lines from "
                    "BEGIN:VCARD to END:VCARD.",
                    name,
                )
            ) from error
        if len(texts) > MOST_CARDS:
            raise UserError(
                self.env._(
                    "%(name)s holds %(count)s cards. Import more than %(most)s of them "
                    "as a list: Entities, Import records.",
                    name=name,
                    count=len(texts),
                    most=MOST_CARDS,
                )
            )
        cards = [
            self._read_vcard(one, position, len(texts), name)
            for position, one in enumerate(texts, start=1)
        ]
        return self._show(cards, name, [one.encode() for one in texts])

    @api.model
    def _read_vcard(self, text, position, total, name):
        try:
            return read_vcard(text)
        except UnreadableCard as error:
            raise UserError(
                self.env._(
                    "Card %(position)s of %(total)s in %(name)s is broken: %(why)s. "
                    "Nothing was read.",
                    position=position,
                    total=total,
                    name=name,
                    why=error,
                )
            ) from error

    @api.model
    def _read_photo(self, data):
        if help_text := self.new().photo_help:
            raise UserError(help_text)
        languages = [code[:2] for code, _name in self.env["res.lang"].get_installed()]
        try:
            text = read_photo(data, languages)
        except UnreadablePhoto as error:
            raise UserError(
                self.env._("This picture could not be read: %s", error)
            ) from error
        card = read_text(text, self._own_country().code)
        if not card:
            raise UserError(
                self.env._(
                    "No business card was recognised on this picture. Photograph it "
                    "from straight above, in good light, so that it fills the picture."
                )
            )
        return card

    @api.model
    def _show(self, cards, name, sources):
        """Keep what was read until it is confirmed, and show the first card.

        :param cards: list of dictionaries
        :param sources: what each was read from, bytes
        """
        records = self.create(
            [
                self._prepare_values(card)
                | {
                    "source": b64encode(source),
                    "source_name": name,
                    "position": position,
                    "total": len(cards),
                }
                for position, (card, source) in enumerate(
                    zip(cards, sources, strict=True), start=1
                )
            ]
        )
        for card, following in pairwise(records):
            card.next_card_id = following
        return records[0]._open()

    @api.model
    def _prepare_values(self, card):
        """The values of a card, its country and state found, all in normal form."""
        country = self._find_country(card.get("country"))
        state = self._find_state(card.get("state"), country)
        values = {
            name: value for name, value in card.items() if name in self._fields
        } | {"country_id": country.id, "state_id": state.id}
        picture = card.get("image")
        if picture:
            values["image"] = is_picture(picture) and b64encode(picture)
        normal = self.new(values)
        return values | {
            "phone": normal._format_phone("INTERNATIONAL") or card.get("phone"),
            "email": email_normalize(card.get("email")) or card.get("email"),
        }

    @api.model
    def _find_country(self, name):
        countries = self.env["res.country"]
        if not name:
            return countries
        return countries.search([("code", "=", country_code(name))], limit=1)

    @api.model
    def _find_state(self, name, country):
        states = self.env["res.country.state"]
        if not name or not country:
            return states
        named = ["|", ("code", "=ilike", name), ("name", "=ilike", name)]
        return states.search([("country_id", "=", country.id), *named], limit=1)

    # === WHO IS THERE ALREADY === #

    def _find_entities(self, certain=False):
        """Entities that the card may be of, the likeliest first."""
        values = self._own_values() | {"is_company": not self.name}
        entities = self.env["res.partner"]
        if not any(values.get(name) for name in ("name", "email", "phone", "vat")):
            return entities
        return entities._find_entities(values, certain=certain)

    def _find_company(self):
        """The company of the person: by its tax number, its domain or its name."""
        partners = self.env["res.partner"]
        if not (self.name and (self.company_name or self.vat)):
            return partners
        companies = self.vat and partners._find_entities(
            {"name": self.company_name, "vat": self.vat, "is_company": True},
            certain=True,
        ).filtered("is_company")
        if companies:
            return companies[:1]
        named = partners.search(
            [("is_company", "=", True), ("name", "=ilike", self.company_name)], limit=2
        )
        if len(named) == 1:
            return named
        email = email_normalize(self.email)
        return (
            self.env["crm.lead"]._find_company_of_domain(email, self.env.company)
            if email
            else partners
        )

    # === WHAT BECOMES OF IT === #

    def action_save(self):
        """Make the entity, or complete the one that is there, and show it.

        :return: the action that shows the next card, or else the entity
        :raise UserError: when the card has neither a person nor a company
        """
        self.ensure_one()
        entity = self._save()
        return (
            self.next_card_id._open()
            if self.next_card_id
            else self._open_entity(entity)
        )

    def action_skip(self):
        """Make nothing of this card, and show the next one."""
        self.ensure_one()
        if self.next_card_id:
            return self.next_card_id._open()
        return {"type": "ir.actions.act_window_close"}

    def _save(self):
        if not (self.name or self.company_name):
            raise UserError(
                self.env._("Write whose card it is: a person, a company or both.")
            )
        if self.name and self.company_name and not self.parent_id:
            self._make_parent()
        entity = self.partner_id or self._create_entity()
        for partner, values in self._values_by_entity(entity):
            partner._fill(values)
        self._keep_source(entity)
        self.partner_id = entity
        return entity

    def _make_parent(self):
        """The company of a person, unless the entity belongs to it already."""
        written = self.env["res.partner"].new({"name": self.company_name})
        known = self.partner_id.parent_id
        self.parent_id = (
            known
            if known.name_key == written.name_key
            else self._create_partner({"name": self.company_name, "is_company": True})
        )

    def _create_entity(self):
        return self._create_partner(
            {
                "name": self.name or self.company_name,
                "is_company": not self.name,
                "parent_id": self.name and self.parent_id.id,
            }
        )

    def _create_partner(self, values):
        """Whoever reads the card is the salesperson."""
        return self.env["res.partner"].create(values | {"user_id": self.env.uid})

    def _values_by_entity(self, entity=None):
        """Pairs of an entity and what the card says of it."""
        entity = entity or self.partner_id
        pairs = [(entity, self._own_values())]
        if self.name and self.parent_id:
            pairs.append((self.parent_id, self._values_of(OF_COMPANY)))
        return [(partner, values) for partner, values in pairs if partner]

    def _own_values(self):
        """What the card says of whom it is of, but not of the company of a person."""
        if not self.name:
            values = self._values_of((*OF_PERSON, *OF_COMPANY))
            return values | {"name": self.company_name}
        if self.company_name or self.parent_id:
            values = self._values_of((*OF_PERSON, "parent_id"))
        else:
            values = self._values_of((*OF_PERSON, *OF_COMPANY))
        return values | {"image_1920": self.image} if self.image else values

    def _values_of(self, names):
        values = {name: self[name] for name in names}
        return {
            name: value.id if isinstance(value, models.BaseModel) else value
            for name, value in values.items()
            if value
        }

    def _keep_source(self, entity):
        """The card itself stays with the entity, with what is written on it besides."""
        entity.message_post(
            body=self.env._("Read from a business card. %s", self.note or "").strip(),
            attachments=[(self.source_name, b64decode(self.source))]
            if self.source
            else [],
        )

    # === SCREENS === #

    def _open(self):
        """The dialog that shows the card.

        Whom nobody was found for may have been made of the cards before.
        """
        if not self.partner_id:
            self._compute_partner_id()
        if not self.parent_id:
            self._compute_parent_id()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Business Card")
            if self.total == 1
            else self.env._(
                "Business Card %(n)s of %(total)s", n=self.position, total=self.total
            ),
            "res_model": self._name,
            "res_id": self.id,
            "views": [
                (self.env.ref("crm_playbook.crm_business_card_view_form").id, "form")
            ],
            "target": "new",
        }

    @api.model
    def _open_entity(self, entity):
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": entity.id,
            "views": [(False, "form")],
            "target": "current",
        }

    # === NUMBERS === #

    def _format_phone(self, form):
        return self.phone and self.env["res.partner"]._phone_format(
            number=self.phone, country=self._phone_country(), force_format=form
        )

    def _phone_country(self):
        return self.country_id or self._own_country()

    @api.model
    def _own_country(self):
        return self.env.company.country_id


def _decoded(data):
    """The text of a file; bytes that are no letters anywhere become question marks."""
    if data.startswith(UTF_16_MARKS):
        return data.decode("utf-16", errors="replace")
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", errors="replace")


def _is_same(partner, name, value):
    """Whether an entity has a value already, however it is written."""
    mine = partner[name]
    if isinstance(mine, models.BaseModel):
        return mine.id == value
    return str(mine).strip().casefold() == str(value).strip().casefold()
