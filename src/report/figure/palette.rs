//! The colours of figures and pages, on light and on dark ground.
//!
//! A figure is drawn in the light ones. A page on dark ground gives each its dark partner by a style rule, so that one
//! drawing serves both: see [`dark_rules`]. Must not know what is drawn.

use std::fmt::Write as _;

use super::MOST_SERIES;

/// A colour on light ground, and on dark ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shade {
    /// Red, green and blue, in print and on light ground.
    pub light: [u8; 3],
    /// The same on dark ground.
    pub dark: [u8; 3],
}

const fn shade(light: u32, dark: u32) -> Shade {
    const fn bytes(colour: u32) -> [u8; 3] {
        [(colour >> 16) as u8, (colour >> 8) as u8, colour as u8]
    }
    Shade { light: bytes(light), dark: bytes(dark) }
}

/// The ground.
pub const PAPER: Shade = shade(0xFF_FF_FF, 0x12_16_1C);
/// Words and axes.
pub const INK: Shade = shade(0x1C_21_28, 0xE8_EC_F1);
/// Words that matter less.
pub const QUIET: Shade = shade(0x56_5F_6B, 0xA3_AD_B9);
/// Lines that lead the eye.
pub const GRID: Shade = shade(0xD5_DB_E2, 0x36_3E_49);
/// A stretch that is set apart.
pub const FIELD: Shade = shade(0xE9_F0_F7, 0x1E_2A_38);

/// The colours of series. Each differs from all others also for whoever has no red or no green
/// cones: the tests measure by how much.
pub const SERIES: [Shade; MOST_SERIES] = [
    shade(0x00_5A_94, 0x56_B4_E9),
    shade(0xD5_5E_00, 0xF1_87_2E),
    shade(0x00_88_53, 0x00_74_82),
    shade(0xB7_6B_91, 0xD8_96_BC),
    shade(0x6B_4E_00, 0xE1_D2_28),
    shade(0x59_8F_C6, 0xA9_D6_F5),
    shade(0x00_00_39, 0xC8_E8_DC),
    shade(0x6F_0C_62, 0xD8_82_7A),
];

/// All that figures are drawn in.
fn all() -> impl Iterator<Item = Shade> {
    [PAPER, INK, QUIET, GRID, FIELD].into_iter().chain(SERIES)
}

/// `#12161C`, as drawings have it.
pub fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// Style rules that give everything drawn its dark partner.
pub fn dark_rules() -> String {
    let mut rules = String::new();
    for shade in all() {
        let (light, dark) = (hex(shade.light), hex(shade.dark));
        let _ = write!(rules, "svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}");
    }
    rules
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Relative luminance, by WCAG 2.2.
    fn luminance(colour: [u8; 3]) -> f64 {
        let [red, green, blue] = colour.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// That of two colours, by WCAG 2.2.
    pub fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// What a wholly green-blind or red-blind eye sees, by the matrices of Machado, Oliveira and Fernandes (2009), severity 1.
    fn seen_by(colour: [u8; 3], green_blind: bool) -> [f64; 3] {
        let linear = colour.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        let matrix = if green_blind {
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]]
        } else {
            [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]]
        };
        matrix.map(|row| row.iter().zip(linear).map(|(factor, part)| factor * part).sum())
    }

    /// CIE L*a*b* of linear sRGB, whose distances are about those that an eye sees.
    fn lab([red, green, blue]: [f64; 3]) -> [f64; 3] {
        let bend = |part: f64| if part > 0.008_856 { part.cbrt() } else { 7.787 * part + 16.0 / 116.0 };
        let x = bend((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
        let y = bend(0.2126 * red + 0.7152 * green + 0.0722 * blue);
        let z = bend((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn words_and_series_stand_out_from_the_ground_as_wcag_asks() {
        for (ground, of) in [(PAPER.light, (|s| s.light) as fn(Shade) -> [u8; 3]), (PAPER.dark, |s| s.dark)] {
            assert!(contrast(of(INK), ground) >= 7.0);
            assert!(contrast(of(QUIET), ground) >= 4.5);
            for series in SERIES {
                let found = contrast(of(series), ground);
                assert!(found >= 3.0, "{}: {found}", hex(of(series)));
            }
        }
    }

    #[test]
    fn series_are_told_apart_without_red_or_green_cones() {
        for of in [(|s| s.light) as fn(Shade) -> [u8; 3], |s| s.dark] {
            for green_blind in [true, false] {
                let seen = SERIES.map(|shade| lab(seen_by(of(shade), green_blind)));
                for (number, one) in seen.iter().enumerate() {
                    for (other, two) in seen.iter().enumerate().skip(number + 1) {
                        let apart: f64 = one.iter().zip(two).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                        assert!(apart > 15.0, "series {number} and {other}, green-blind {green_blind}: {apart}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_two_things_are_drawn_in_one_colour() {
        let mut drawn: Vec<_> = all().map(|shade| shade.light).collect();
        let count = drawn.len();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), count, "a style rule would change the wrong one");
    }
}
