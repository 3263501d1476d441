"""Drawn portraits in place of test-day photos: plainly a drawing, of nobody."""

import io
from random import Random

from PIL import Image, ImageDraw

_SKIN = ("#f3d2b8", "#e6b68f", "#c98d62", "#9c6644", "#6f4630")
_HAIR = ("#2b211c", "#4a3226", "#8a5a2b", "#c9a25b", "#6b6b70", "#7c2f22")
_CLOTHES = ("#35618e", "#3f7d5c", "#8b4a6b", "#b0722e", "#55508a", "#4b5b66")
_BACKGROUND = ("#e8eef4", "#eaf2ea", "#f4efe6", "#efeaf3")
_INK = "#3a2f2b"
_SIZE = (480, 640)


def drawn_photo(seed: int) -> bytes:
    """A friendly drawn portrait, 480 x 640 pixels, as JPEG; the same seed gives the same bytes."""
    random = Random(seed)  # noqa: S311  (a drawing needs no secret)
    picture = Image.new("RGB", _SIZE, random.choice(_BACKGROUND))
    pen = ImageDraw.Draw(picture)
    skin, hair = random.choice(_SKIN), random.choice(_HAIR)
    long_hair = random.random() < 0.5
    if long_hair:
        pen.rounded_rectangle((110, 130, 370, 470), radius=120, fill=hair)
    pen.ellipse((50, 450, 430, 860), fill=random.choice(_CLOTHES))
    pen.rounded_rectangle((200, 380, 280, 500), radius=36, fill=skin)
    pen.ellipse((130, 120, 350, 420), fill=skin)
    pen.chord((126, 100, 354, 360), start=190, end=350, fill=hair)
    _draw_face(pen, glasses=random.random() < 0.3)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _draw_face(pen: ImageDraw.ImageDraw, *, glasses: bool) -> None:
    for x in (192, 288):
        pen.ellipse((x - 9, 262, x + 9, 282), fill=_INK)
        pen.arc((x - 26, 226, x + 26, 266), start=210, end=330, fill=_INK, width=6)
        if glasses:
            pen.ellipse((x - 36, 238, x + 36, 306), outline=_INK, width=5)
    if glasses:
        pen.line((228, 270, 252, 270), fill=_INK, width=5)
    pen.arc((222, 290, 258, 330), start=20, end=160, fill=_INK, width=5)
    pen.arc((190, 300, 290, 376), start=25, end=155, fill=_INK, width=7)
