"""Table of the open fonts that training images are drawn from, one row a package; each weight of a package is a face.

All are npm packages of @fontsource, made from Google Fonts, under the SIL Open Font License 1.1. They have every
character of JIS level 1 in shapes of ordinary handwriting or print; the styles `pen` and `brush` imitate handwriting.
Whole designs are held out, because two weights of one design have nearly the same shapes.
"""

from dataclasses import dataclass

FONTS = "fonts"  # name of the data set; fonts-<charset> for a charset other than that of ink
LICENCE = "SIL Open Font License 1.1"
SCOPE = "@fontsource"
SUBSETS = ("japanese", "latin")  # files of each weight: kana and kanji; Latin letters and digits


def is_font_set(name: str) -> bool:
    """Return whether a prepared set of this name holds glyphs of fonts."""
    return name.split("-")[0] == FONTS


@dataclass(frozen=True)
class FontPackage:
    """An npm package of one design, and the split of its faces."""

    family: str
    name: str  # of the package, without its scope
    weights: tuple[int, ...]  # weights in use
    style: str  # print-serif, print-sans, rounded, pen or brush
    holder: str  # of the copyright, from the package's LICENSE
    integrity: str  # SHA-512 of the package in base64, as in npm's lock files
    split: str = "train"
    version: str = "5.3.0"

    @property
    def spec(self) -> str:
        """Return npm's specifier of the package, with its version."""
        return f"{SCOPE}/{self.name}@{self.version}"

    def file(self, subset: str, weight: int) -> str:
        """Return the name of the file of a subset in a weight."""
        return f"{self.name}-{subset}-{weight}-normal.woff2"


FONT_PACKAGES = (
    FontPackage(
        "Klee One", "klee-one", (400, 600), "pen", "2020 The Klee Project Authors",
        "1mnMRQO70AnTCHaWy5ovYKjbvszpOp7//bMDZ+PnjBMmar5YRcbskVzM4u+Syd8CMWw353R3BvsrsKQrwVRnEw==",
    ),
    FontPackage(
        "Zen Kurenaido", "zen-kurenaido", (400,), "pen", "2021 The Zen Kurenaido Project Authors",
        "Oh7XLWpdTV7/f6xgdw3pmDPpu8OHEdXu9QEL2TEjoBeg85z1qWMb4lvQYDtNQx6gaERvKQ0OrgvpS3S/ka/+bA==",
    ),
    FontPackage(
        "Hachi Maru Pop", "hachi-maru-pop", (400,), "pen", "2020 The Hachi Maru Pop Project Authors",
        "P46hjUscQPRUr2QpSNxzll6yRSOlbOY4nCo3dGRNd9U0CJ9PRreLm5FOtoPAWJv0dJ9m+5zYf4cbbpTJu3pbXg==",
    ),
    FontPackage(
        "Yusei Magic", "yusei-magic", (400,), "pen", "2020 The Yusei Magic Project Authors",
        "1gSpUCpFQUmCUfh7YkKTjBC89wXnijwKZO3cfIMBx/Rlb7WjfHfIjK8PilB2/tOeq68ezAd8ODWNrg/zere2JA==", "validation",
    ),
    FontPackage(
        "Yomogi", "yomogi", (400,), "pen", "2020 The Yomogi Project Authors",
        "D35BWMd0BVhtYfpE7r1UfTNZHxaFVvLw4Rz2ym+yvEE7vlIfwtZEQFp4VFCvlcH+BwoAJD1mFH/r/XV7qDxeyg==", "test",
    ),
    FontPackage(
        "Yuji Syuku", "yuji-syuku", (400,), "brush", "2021 The Yuji Project Authors",
        "f3NZC2hVWB/Feo7PzhEXrGbgJxwxNMQYxld/uBPmGAmjaPvfCEI9hc/xcMytFEBbOh+imRkW5Se68em1sSIGOA==",
    ),
    FontPackage(
        "Yuji Boku", "yuji-boku", (400,), "brush", "2021 The Yuji Project Authors",
        "DdM6GebHQ79LTZSv1wyjrNl0pgsf40X7dgiCydWXOMtY5PrZX/ZksWjbQVxVqjU0Xofw0cEJJf5Vd2VXiElWEw==",
    ),
    FontPackage(
        "Yuji Mai", "yuji-mai", (400,), "brush", "2021 The Yuji Project Authors",
        "Xnh3BTUv/S4b63l9aOBYkDK7rGk5mrSszqns8PB8MUYKqOkORP1+J1p/wYHTzOFjBvdOPZURTCqi4tVvJHH7aA==", "test",
    ),
    FontPackage(
        "Kiwi Maru", "kiwi-maru", (300, 500), "rounded", "2020 The Kiwi Maru Project Authors",
        "8zcSONeRZPzSWdkP+uoNoEVciJn985ZDB57zwRer9dGZ/1+/pnQYkyCz5OEbnoXvbFyVnA0Dx0r+lv6tu+wTGA==",
    ),
    FontPackage(
        "Zen Maru Gothic", "zen-maru-gothic", (300, 500, 700), "rounded", "2021 The Zen Maru Gothic Authors",
        "BuigfmzszMR3AOyAMSocQZ9bEq9o5sGCMOC/laI4TMpba1/KB1jxsdNFXWMUz02wVPd4vAVuMhsV00AQizFj3w==",
    ),
    FontPackage(
        "Noto Sans JP", "noto-sans-jp", (100, 300, 500, 700), "print-sans", "Google Inc.",
        "OZbBzZ8LrFRs2RFT2Cc0HUV2C2ZeSfyEXhDJWR0EZuZaraJfRubpvrFmUnCljuBDEkw8Vn6CE/+nf9dj9b+0lg==",
    ),
    FontPackage(
        "BIZ UDGothic", "biz-udgothic", (400,), "print-sans", "2022 The BIZ UDGothic Project Authors",
        "1jccDNmjsrgfxXa4MiBQzvhg+z8McslunaiSUl3OWB9QrUYzbp88tD78soiwqp2U5ZFXG/BvBT1Rhgd6tOgGwQ==", "validation",
    ),
    FontPackage(
        "M PLUS 1p", "m-plus-1p", (400,), "print-sans", "2016 The M+ Project Authors",
        "CunM07SjKhNp0nhIlp8x4QqeBqQx9bsR7Xrmm7A9riVt5TxFuKmFwDPT6Co9nnirguvsD9Ng+4pHM2uE7WbXmQ==", "test",
    ),
    FontPackage(
        "Noto Serif JP", "noto-serif-jp", (300, 500, 700), "print-serif", "Google Inc.",
        "7dRFleN7F+uuJdcMW/fJmnl6KLZSn9dHCjAVTaWjTcT4hg5V4ECbi2qgIamI6rS/+yTt16KDLU+9aJi74r6ZxQ==",
    ),
    FontPackage(
        "Zen Old Mincho", "zen-old-mincho", (400, 700), "print-serif", "2021 The Zen Old Mincho Project Authors",
        "pNvegTkx6rOQRaBMcUoxxeNoIRJajdY0TeX4ngf/26KrtsVoqY11ho6WlwPWDYHi7PY65vf88TV2xjIO+YxQ8Q==",
    ),
    FontPackage(
        "BIZ UDMincho", "biz-udmincho", (400,), "print-serif", "2022 The BIZ UDMincho Project Authors",
        "DwzJNIix6VqGnqDHX7Umv+lPNwoB3aGSc+wbWpFjE+o93liywBw0IkLeMUGYI9R/Fl97h/odZzaUpf3PexW/ew==",
    ),
    FontPackage(
        "Shippori Mincho", "shippori-mincho", (400,), "print-serif", "2021 The Shippori Mincho Project Authors",
        "S41kRxQuubAaYss+LeXu0IOc02RQwsPaJbR1cWZx4VV15hXaYZViH3WAve9HpDVFqKYd/BVk86Bg7lp9ytV3KQ==", "test",
    ),
)  # fmt: skip
