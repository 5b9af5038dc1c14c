"""Makes the fonts of equal width beside this file from those of the npm package jetbrains-mono: `python3 make_mono.py FOLDER_OF_WOFF2_FILES`.

Needs fonttools and brotli. What is kept is what programs write into a terminal; lines, blocks and dots that are to join are drawn as shapes.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

UNICODES = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2028), 0x2030, 0x2032, 0x2033, 0x2039, 0x203A, 0x20AC, 0x2122]
UNICODES += [*range(0x2190, 0x219A), *range(0x21B5, 0x21B6), 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x221E, 0x3BC, 0x3A9, 0x3C3]
UNICODES += [*range(0x25A0, 0x2600), 0x2605, 0x2606, 0x26A0, 0x2713, 0x2714, 0x2717, 0x2718, 0x276F, 0xFFFD]

for name in ["Regular", "Bold"]:
    font = TTFont(Path(sys.argv[1]) / f"JetBrainsMonoNL-{name}.woff2")
    font.flavor = None
    options = subset.Options(layout_features=[], hinting=False, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=UNICODES)
    subsetter.subset(font)
    font.save(Path(__file__).parent / f"JetBrainsMono-{name}.ttf")
