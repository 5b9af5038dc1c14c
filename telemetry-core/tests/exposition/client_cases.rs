//! Small expositions in OpenMetrics on which we and the official client for Python differ, one for each reason, and some that it refuses as we do.

use super::verdict::Case;
use super::verdict::Verdict::{Neither, OnlyThey, OnlyWe};

const NUMBERS: &str = "numbers are read as they are, which shows what a broken exporter says";
const PARTS: &str = "a part that an exporter forgets is read as missing, as in Prometheus";
const TIME: &str = "the model has one time for all lines of a metric";
const STATES: &str = "the model has a metric for each state, and each may stand anywhere in its family";
const RESERVED: &str = "the specification keeps such names for itself, and Prometheus reads them";
const COMMA: &str = "not in the specification, and read by newer versions of Prometheus all the same";
const NOT_CANONICAL: &str = "the specification forbids to refuse a bound for how it is written";
const GRAMMAR: &str = "the grammar has single blanks in certain places and none elsewhere";
const NO_NUMBER: &str = "Python reads digits of every script, and numbers beyond the largest as infinite";
const SPEC: &str = "the specification forbids it, and the client does not look at it";
const TWICE: &str = "the model has one value for each name and label set; the client drops the second";

/// The expositions.
pub(crate) const CASES: &[Case] = &[
    // Numbers.
    ("# TYPE a counter\na_total -1\n# EOF\n", OnlyWe(NUMBERS)),
    ("# TYPE a counter\na_total NaN\n# EOF\n", OnlyWe(NUMBERS)),
    ("# TYPE a info\na_info 2\n# EOF\n", OnlyWe(NUMBERS)),
    ("# TYPE a stateset\na{a=\"on\"} 2\n# EOF\n", OnlyWe(NUMBERS)),
    ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1.5\n# EOF\n", OnlyWe(NUMBERS)),
    ("# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n# EOF\n", OnlyWe(NUMBERS)),
    ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 2\na_sum 1\n# EOF\n", OnlyWe(NUMBERS)),
    ("# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 1\na_gcount 1\na_gsum -1\n# EOF\n", OnlyWe(NUMBERS)),
    ("# TYPE a summary\na_count 1.5\n# EOF\n", OnlyWe(NUMBERS)),
    ("# TYPE a summary\na{quantile=\"0.5\"} -1\n# EOF\n", OnlyWe(NUMBERS)),
    ("# TYPE a summary\na{quantile=\"2\"} 1\n# EOF\n", OnlyWe(NUMBERS)),
    ("a 1e400\n# EOF\n", OnlyThey(NO_NUMBER)),
    ("a \u{661}\n# EOF\n", OnlyThey(NO_NUMBER)),
    // Histograms that are not whole, and bounds.
    ("# TYPE a histogram\na_bucket{le=\"1\"} 1\n# EOF\n", OnlyWe(PARTS)),
    ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\n# EOF\n", OnlyWe(PARTS)),
    ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n# EOF\n", OnlyWe(PARTS)),
    ("# TYPE a histogram\na_bucket{le=\"Inf\"} 1\n# EOF\n", OnlyWe(NOT_CANONICAL)),
    (
        "# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\n# EOF\n",
        Neither,
    ),
    ("# TYPE a summary\na_sum{quantile=\"1\"} 1\n# EOF\n", OnlyThey(SPEC)),
    // What stands together.
    ("# TYPE a stateset\na{a=\"on\"} 1\na{a=\"on\",b=\"c\"} 1\na{a=\"off\"} 0\n# EOF\n", OnlyWe(STATES)),
    ("# TYPE a counter\na_total 1 5\na_created 2\n# EOF\n", OnlyWe(TIME)),
    ("# TYPE a counter\na_created 2\n# EOF\n", OnlyThey(SPEC)),
    ("a 1\na 1\n# EOF\n", OnlyThey(TWICE)),
    // Units and exemplars.
    ("# TYPE a_s info\n# UNIT a_s s\n# EOF\n", Neither),
    ("# UNIT a_s s\n# TYPE a_s stateset\n# EOF\n", Neither),
    ("# UNIT a_s  s\n# EOF\n", OnlyThey(SPEC)),
    (super::open_metrics_cases::LONGER_EXEMPLAR, Neither),
    // Names, labels and blanks.
    ("a{__x=\"y\"} 1\n# EOF\n", OnlyWe(RESERVED)),
    ("a{b=\"c\",} 1\n# EOF\n", OnlyWe(COMMA)),
    ("a{b:c=\"d\"} 1\n# EOF\n", OnlyThey(SPEC)),
    ("a{ b=\"c\"} 1\n# EOF\n", OnlyThey(GRAMMAR)),
    ("a{b=\"c\" } 1\n# EOF\n", OnlyThey(GRAMMAR)),
    ("a{b = \"c\"} 1\n# EOF\n", OnlyThey(GRAMMAR)),
    ("a{b=\"c\"}\t1\n# EOF\n", OnlyThey(GRAMMAR)),
    ("#  HELP a text\n# EOF\n", OnlyThey(GRAMMAR)),
];
