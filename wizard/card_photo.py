"""Read the text on the photo of a business card, by Tesseract."""

import shutil
from io import BytesIO

from PIL import Image, ImageOps

from odoo.tools.image import IMAGE_MAX_RESOLUTION

try:
    import pytesseract
except ImportError:
    pytesseract = None

PROGRAM = "tesseract"
# Letters smaller than this are not read well, and larger ones only cost time.
WIDTH = 2000
SECONDS = 60
# What Tesseract calls the languages of people, by their codes.
LANGUAGES = {
    "ca": "cat",
    "de": "deu",
    "en": "eng",
    "es": "spa",
    "eu": "eus",
    "fr": "fra",
    "gl": "glg",
    "it": "ita",
    "nl": "nld",
    "pl": "pol",
    "pt": "por",
    "ro": "ron",
}
# No picture, a broken one, or one that would fill the memory; Tesseract's own.
FAILURES = (
    OSError,
    SyntaxError,
    ValueError,
    Image.DecompressionBombError,
    RuntimeError,
)


class UnreadablePhoto(ValueError):
    """What was given is no picture, or Tesseract fails; the text says why."""


def missing_part():
    """What is to be installed before photos can be read, none if nothing is."""
    if pytesseract is None:
        return "pytesseract"
    return None if shutil.which(PROGRAM) else PROGRAM


def is_picture(content):
    """Whether somebody can look at it."""
    try:
        _opened(content).verify()
    except FAILURES:
        return False
    return True


def read_photo(content, languages):
    """The text on a picture.

    :param content: bytes of a JPEG, PNG ...
    :param languages: codes such as ``es``, those whose data is there are used
    :raise UnreadablePhoto: when there is no picture or no answer
    """
    try:
        picture = _prepared(content)
        return pytesseract.image_to_string(
            picture, lang=_known(languages), timeout=SECONDS
        )
    except FAILURES as error:
        raise UnreadablePhoto(str(error)) from error


def _opened(content):
    """A picture, not decoded yet, and not too large for it."""
    picture = Image.open(BytesIO(content))
    width, height = picture.size
    if width * height > IMAGE_MAX_RESOLUTION:
        raise ValueError(f"{width} × {height} > {IMAGE_MAX_RESOLUTION:.0f}")
    return picture


def _prepared(content):
    """Upright, grey, and of the size at which letters are read best."""
    picture = ImageOps.exif_transpose(_opened(content))
    picture = picture.convert("L")
    scale = WIDTH / max(picture.size)
    size = [max(1, round(length * scale)) for length in picture.size]
    return ImageOps.autocontrast(picture.resize(size, Image.Resampling.LANCZOS))


def _known(languages):
    there = set(pytesseract.get_languages())
    wanted = dict.fromkeys(LANGUAGES.get(code) for code in [*languages, "en"])
    return "+".join(name for name in wanted if name in there) or None
