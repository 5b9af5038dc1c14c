//! What things are drawn in: a role each, with a colour on a light ground and one on a dark ground.
//!
//! The colours of series are told apart by people who see few colours, by hue and by lightness; every one stands out against its ground
//! by 3 to 1 and every one that text is written in by 4.5 to 1, as WCAG AA asks. A test computes it.

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

/// The series' colours on light and on dark.
const SERIES: [(u32, u32); COLOURS] = [
    (0x00_6D_B3, 0x5A_B4_F0),
    (0xC4_50_00, 0xF5_95_48),
    (0x00_80_5E, 0x34_CF_A2),
    (0xA8_3E_88, 0xE3_93_C6),
    (0x5B_48_C2, 0xA9_9D_FF),
    (0x8A_62_00, 0xE2_BC_4B),
    (0x2B_83_9C, 0x86_DC_EE),
    (0x5A_64_72, 0xB0_BA_C6),
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

    /// The relative luminance that WCAG 2.1 defines.
    fn luminance(colour: Colour) -> f64 {
        let linear = |part: u8| match f64::from(part) / 255.0 {
            part if part <= 0.03928 => part / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        };
        let [red, green, blue] = colour.map(linear);
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
                    Ink::Series(_) => 3.0,
                    _ => 4.5,
                };
                let contrast = contrast(ink.colour(ground), Ink::Ground.colour(ground));
                assert!(contrast >= least, "{ink:?} on {ground:?}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn every_ink_has_a_class_of_its_own() {
        let classes: std::collections::BTreeSet<_> = Ink::all().map(Ink::class).collect();
        assert_eq!(classes.len(), Ink::all().count());
    }
}
