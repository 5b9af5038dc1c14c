//! What things are drawn in: a role each, with a colour on a light ground and one on a dark ground.
//!
//! The colours of series are told apart from each other and from those of what is bad, also by people who see few colours, by hue and by
//! lightness; every one stands out against its ground by 4.5 to 1, as WCAG AA asks of text. Tests compute both.

use crate::colours::COLOURS;
use telemetry_catalog::indicator::Severity;

/// The role of something drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Ink {
    /// What everything stands on.
    Ground,
    /// What is to be read.
    Text,
    /// What explains.
    Faint,
    /// Lines that help the eye.
    Grid,
    /// The part of a scale that is not reached.
    Track,
    /// One of the colours of series.
    Series(u8),
    /// What is well.
    Healthy,
    /// What is worth knowing.
    Notable,
    /// What is to be looked at.
    Warning,
    /// What is to be looked at now.
    Critical,
    /// One of the 16 colours of a terminal.
    Terminal(u8),
}

/// Which of its two colours an ink has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    Light,
    Dark,
}

/// A colour: red, green and blue.
pub(crate) type Colour = [u8; 3];

/// The series' colours on light and on dark: blue, violet, green, plum, indigo, olive, cyan and grey. Red and orange are left to what is bad.
const SERIES: [(u32, u32); COLOURS] = [
    (0x05_4B_B3, 0x42_9D_C0),
    (0xB0_15_FE, 0xD4_4A_FF),
    (0x23_81_61, 0x4F_DC_A5),
    (0x8C_1E_86, 0xEF_B8_ED),
    (0x76_5E_C8, 0x9F_9F_FF),
    (0x3A_3C_00, 0xD2_EB_74),
    (0x00_45_62, 0x8E_FF_FF),
    (0x6A_52_5D, 0xB6_A0_9E),
];

/// The 16 colours of a terminal on light and on dark, in their order: black, red, green, yellow, blue, magenta, cyan and white, then
/// the same brighter. On each ground those can be read that programs write on it.
const TERMINAL: [(u32, u32); 16] = [
    (0x1C_23_2D, 0x2C_35_40),
    (0xC4_24_2B, 0xFF_7A_72),
    (0x1A_7F_4B, 0x4C_C3_8A),
    (0x8A_62_00, 0xE8_AB_3E),
    (0x2B_66_B8, 0x79_B4_F7),
    (0x9A_3E_9E, 0xD6_9A_F0),
    (0x0B_76_80, 0x56_D0_DC),
    (0x5A_65_74, 0xC9_D2_DC),
    (0x69_74_82, 0x8B_97_A6),
    (0xD0_30_2F, 0xFF_9C_95),
    (0x1C_84_50, 0x7D_E0_AE),
    (0x8E_68_00, 0xF7_CF_7A),
    (0x2F_6E_C8, 0xA3_CC_FB),
    (0xAE_4F_B2, 0xE7_BC_F8),
    (0x0C_7C_86, 0x8C_E5_EE),
    (0x1C_23_2D, 0xF4_F7_FA),
];

impl Ink {
    /// Every ink there is.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let others = [
            Self::Ground,
            Self::Text,
            Self::Faint,
            Self::Grid,
            Self::Track,
            Self::Healthy,
            Self::Notable,
            Self::Warning,
            Self::Critical,
        ];
        others.into_iter().chain((0..COLOURS).map(Self::series)).chain((0..16).map(Self::Terminal))
    }

    /// The ink of the series with that look.
    pub(crate) fn series(look: usize) -> Self {
        Self::Series(u8::try_from(look % COLOURS).unwrap_or_default())
    }

    /// The ink of what has reached that severity, or none.
    pub(crate) const fn of(severity: Option<Severity>) -> Self {
        match severity {
            None => Self::Healthy,
            Some(Severity::Info) => Self::Notable,
            Some(Severity::Warning) => Self::Warning,
            Some(Severity::Critical) => Self::Critical,
        }
    }

    /// Its colour on that ground.
    pub(crate) fn colour(self, ground: Ground) -> Colour {
        let (light, dark) = self.colours();
        let [_, red, green, blue] = match ground {
            Ground::Light => light.to_be_bytes(),
            Ground::Dark => dark.to_be_bytes(),
        };
        [red, green, blue]
    }

    fn colours(self) -> (u32, u32) {
        match self {
            Self::Ground => (0xFF_FF_FF, 0x16_1B_22),
            Self::Text => (0x1C_23_2D, 0xE8_ED_F3),
            Self::Faint => (0x5A_65_74, 0x9C_A8_B7),
            Self::Grid => (0xE3_E7_EC, 0x2C_35_40),
            Self::Track => (0xE9_ED_F2, 0x2A_32_3D),
            Self::Series(place) => SERIES[usize::from(place) % COLOURS],
            Self::Healthy => (0x1A_7F_4B, 0x4C_C3_8A),
            Self::Notable => (0x2B_66_B8, 0x79_B4_F7),
            Self::Warning => (0x9A_60_00, 0xE8_AB_3E),
            Self::Critical => (0xC4_24_2B, 0xFF_7A_72),
            Self::Terminal(place) => TERMINAL[usize::from(place) % TERMINAL.len()],
        }
    }

    /// Its name in a style sheet.
    pub(crate) fn class(self) -> String {
        match self {
            Self::Ground => "g".to_owned(),
            Self::Text => "t".to_owned(),
            Self::Faint => "f".to_owned(),
            Self::Grid => "l".to_owned(),
            Self::Track => "r".to_owned(),
            Self::Series(place) => format!("s{place}"),
            Self::Healthy => "h".to_owned(),
            Self::Notable => "n".to_owned(),
            Self::Warning => "w".to_owned(),
            Self::Critical => "c".to_owned(),
            Self::Terminal(place) => format!("k{place}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A linear map of three numbers.
    type Matrix = [[f64; 3]; 3];

    /// How people see who see all colours, and who lack the cones for long, for middle and for short waves (Machado, Oliveira and Fernandes,
    /// "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, severity 1), in linear sRGB.
    const EYES: [(&str, Matrix); 4] = [
        ("most people", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopes",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopes",
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
        ),
        (
            "tritanopes",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    /// From linear sRGB to the answers of the three cones, and from their cube roots to Oklab
    /// (<https://bottosson.github.io/posts/oklab/>), in which distances are as far as they look.
    const CONES: Matrix = [
        [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
        [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
        [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
    ];
    const OKLAB: Matrix = [
        [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
        [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
        [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
    ];

    fn times(matrix: Matrix, [x, y, z]: [f64; 3]) -> [f64; 3] {
        matrix.map(|[a, b, c]| a * x + b * y + c * z)
    }

    /// The linear parts of a colour, as sRGB defines them.
    fn linear(colour: Colour) -> [f64; 3] {
        colour.map(|part| match f64::from(part) / 255.0 {
            part if part <= 0.040_45 => part / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        })
    }

    /// How far apart two colours are to those eyes; from black to white it is 100.
    fn apart(one: Colour, other: Colour, eyes: Matrix) -> f64 {
        let seen = |colour| times(eyes, linear(colour)).map(|part| part.clamp(0.0, 1.0));
        let place = |colour| times(OKLAB, times(CONES, seen(colour)).map(f64::cbrt));
        let (one, other) = (place(one), place(other));
        100.0 * one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
    }

    /// The relative luminance that WCAG 2.1 defines.
    fn luminance(colour: Colour) -> f64 {
        let [red, green, blue] = linear(colour);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: Colour, other: Colour) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn everything_stands_out_against_its_ground() {
        for ground in [Ground::Light, Ground::Dark] {
            for ink in Ink::all() {
                let least = match ink {
                    // Programs write nothing in black.
                    Ink::Ground | Ink::Grid | Ink::Track | Ink::Terminal(0) => continue,
                    _ => 4.5,
                };
                let contrast = contrast(ink.colour(ground), Ink::Ground.colour(ground));
                assert!(contrast >= least, "{ink:?} on {ground:?}: {contrast:.2}");
            }
        }
    }

    /// A difference of 2 is just seen where two colours touch; lines and the names of a legend are far from each other.
    #[test]
    fn series_are_told_apart_from_each_other_and_from_what_is_bad_by_all_eyes() {
        let inks: Vec<_> = (0..COLOURS).map(Ink::series).chain([Ink::Warning, Ink::Critical]).collect();
        for ground in [Ground::Light, Ground::Dark] {
            for (place, one) in inks[..COLOURS].iter().enumerate() {
                for other in &inks[place + 1..] {
                    for (who, eyes) in EYES {
                        let least = if who == EYES[0].0 { 13.0 } else { 6.9 };
                        let apart = apart(one.colour(ground), other.colour(ground), eyes);
                        assert!(apart >= least, "{one:?} and {other:?} on {ground:?} to {who}: {apart:.1}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_ink_has_a_class_of_its_own() {
        let classes: std::collections::BTreeSet<_> = Ink::all().map(Ink::class).collect();
        assert_eq!(classes.len(), Ink::all().count());
    }
}
