"""Makes the fonts beside this file from those of Debian's package fonts-inter: `python3 make.py FOLDER_OF_OTF_FILES`.

Needs fonttools. What is kept are the letters of Latin scripts, common punctuation and signs; the figures are those of equal width.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

UNICODES = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2028), 0x2030, 0x2032, 0x2033, 0x20AC, 0x2122]
UNICODES += [0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x221E, 0x3BC, 0x3A9, 0xFFFD]


def equal_width(font: TTFont) -> dict[str, str]:
    """What the feature `tnum` puts in the place of a glyph; what draws pictures here knows no features."""
    table = font["GSUB"].table
    indices = {i for record in table.FeatureList.FeatureRecord if record.FeatureTag == "tnum" for i in record.Feature.LookupListIndex}
    return {
        glyph: other
        for index in indices
        for part in table.LookupList.Lookup[index].SubTable
        for glyph, other in getattr(part, "ExtSubTable", part).mapping.items()
    }


def made(source: Path, target: Path) -> None:
    font = TTFont(source)
    equal = equal_width(font)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap.update({code: equal.get(table.cmap[code], table.cmap[code]) for code in range(0x30, 0x3A)})
    options = subset.Options(layout_features=[], hinting=False, desubroutinize=True, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=UNICODES)
    subsetter.subset(font)
    font.save(target)


for weight in ["Regular", "SemiBold"]:
    made(Path(sys.argv[1]) / f"Inter-{weight}.otf", Path(__file__).parent / f"Inter-{weight}.otf")
