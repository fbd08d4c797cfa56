//! Bars: a share as a length, beside the number that says the same.
//!
//! Drawn as SVG whose widths are attributes, as the policy of the page allows no style beside its sheet. They are no more
//! than a picture of the words beside them, so whoever has the page read aloud is spared them.

use std::fmt;

/// A bar as long as a part is of a whole.
pub(super) struct Bar {
    /// The class of its colour.
    pub(super) class: &'static str,
    pub(super) part: u32,
    pub(super) whole: u32,
}

impl fmt::Display for Bar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, part, whole } = self;
        let percent = (f64::from(*part) * 100.0 / f64::from((*whole).max(1))).min(100.0);
        formatter.write_str(r#"<svg class="bar" aria-hidden="true">"#)?;
        if *part > 0 {
            write!(formatter, r#"<rect class="{class}" width="{percent:.2}%" height="100%"/>"#)?;
        }
        formatter.write_str("</svg>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share_and_nothing_has_none() {
        let check = |part, whole, expected: &str| {
            assert_eq!(Bar { class: "busy", part, whole }.to_string(), expected);
        };
        let bar = |width| {
            format!(r#"<svg class="bar" aria-hidden="true"><rect class="busy" width="{width}%" height="100%"/></svg>"#)
        };
        check(1, 3, &bar("33.33"));
        check(3, 3, &bar("100.00"));
        check(0, 3, r#"<svg class="bar" aria-hidden="true"></svg>"#);
        check(0, 0, r#"<svg class="bar" aria-hidden="true"></svg>"#);
    }
}
