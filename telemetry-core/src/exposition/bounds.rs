//! The bounds of buckets and quantiles as text: nearly all metrics of a family have the same ones, which are rendered once.

use super::line::write_bound;

/// What follows the labels on the lines of the metric before, up to the values.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// One after the other.
    text: String,
    bounds: Vec<Bound>,
}

#[derive(Debug)]
struct Bound {
    /// Its bits, since the two zeros are not written alike.
    bits: u64,
    is_first_label: bool,
    /// Where it ends in the text; it begins where the one before ends.
    end: usize,
}

impl Bounds {
    /// Forgets the bounds of another family, whose label may have another name.
    pub(super) fn forget(&mut self) {
        self.text.clear();
        self.bounds.clear();
    }

    /// What stands between the other labels of a metric and the value on the line of a bound, which is the one at this position of the
    /// metric. Metrics are asked about one after the other, and so are the bounds of each.
    #[inline]
    pub(super) fn text(&mut self, at: usize, is_first_label: bool, label: &str, bound: f64) -> &str {
        let start = at.checked_sub(1).and_then(|at| self.bounds.get(at)).map_or(0, |before| before.end);
        let bits = bound.to_bits();
        let same = |known: &&Bound| known.bits == bits && known.is_first_label == is_first_label;
        let end = match self.bounds.get(at).filter(same) {
            Some(known) => known.end,
            None => {
                // Those that follow were behind another bound.
                self.bounds.truncate(at);
                self.text.truncate(start);
                write_bound(&mut self.text, is_first_label, label, bound);
                let end = self.text.len();
                self.bounds.push(Bound { bits, is_first_label, end });
                end
            }
        };
        self.text.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_that_of_the_metric_whatever_the_one_before_has() {
        let mut bounds = Bounds::default();
        let metrics: [(bool, &[f64]); 7] = [
            (false, &[0.0, 1.0, 2.5]),
            (false, &[0.0, 1.0, 2.5]),
            (true, &[0.0, 1.0]),
            (false, &[-0.0, 1.0]),
            (false, &[-0.0, 1.5, 2.5, f64::INFINITY]),
            (false, &[]),
            (false, &[-0.0, 1.5, 2.0, f64::NAN]),
        ];
        for (is_first_label, of_metric) in metrics {
            for (at, bound) in of_metric.iter().enumerate() {
                let mut expected = String::new();
                write_bound(&mut expected, is_first_label, "le", *bound);
                assert_eq!(bounds.text(at, is_first_label, "le", *bound), expected);
            }
        }
        bounds.forget();
        assert_eq!(bounds.text(0, false, "quantile", -0.0), ",quantile=\"-0\"} ");
    }
}
