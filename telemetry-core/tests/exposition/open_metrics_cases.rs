//! Small expositions in OpenMetrics, one question each.
//!
//! Every sample has a timestamp, because the only command of `promtool` that reads OpenMetrics makes blocks of history
//! from it and refuses samples without one.

use super::verdict::Case;
use super::verdict::Verdict::{Both, Neither, OnlyThey, OnlyWe, WeAndNewerVersions};

const WINDOWS: &str = "files that people edit on Windows have such line ends";
const COMMA: &str = "not in the specification, and read by newer versions of Prometheus all the same";
const SPEC: &str = "the specification forbids it, and Prometheus does not look at it";
const TWICE: &str = "the model has one value for each name and label set, as a scrape has";
const PAIRS: &str = "promtool knows an exemplar's place by the sample's name alone";

/// Labels of 128 characters, some of which have two bytes.
const LONGEST_EXEMPLAR: &str = "# TYPE a counter\na_total 1 1 # {a=\"éééééééééééééééééééééééééééééééééééééééé\",b=\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",c=\"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\"} 1\n# EOF\n";
pub(crate) const LONGER_EXEMPLAR: &str = "# TYPE a counter\na_total 1 1 # {a=\"éééééééééééééééééééééééééééééééééééééééé\",b=\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",c=\"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\"} 1\n# EOF\n";

/// The expositions.
pub(crate) const CASES: &[Case] = &[
    // The end.
    ("# EOF\n", Both),
    ("# EOF", Both),
    ("a 1 1\n# EOF\n", Both),
    ("", Neither),
    ("a 1 1\n", Neither),
    ("a 1 1", Neither),
    ("# EOF\n\n", Neither),
    ("# EOF\na 1 1\n", Neither),
    ("# EOF \n", Neither),
    ("# EOF # EOF\n", Neither),
    ("# eof\n", Neither),
    ("#EOF\n", Neither),
    // Blank lines, comments and blanks.
    ("\n# EOF\n", Neither),
    ("a 1 1\n\n# EOF\n", Neither),
    ("# comment\n# EOF\n", Neither),
    ("#\n# EOF\n", Neither),
    (" a 1 1\n# EOF\n", Neither),
    ("a  1 1\n# EOF\n", Neither),
    ("a 1  1\n# EOF\n", Neither),
    ("a 1 1 \n# EOF\n", Neither),
    ("a\t1\t1\n# EOF\n", Neither),
    ("a 1 1\r\n# EOF\r\n", OnlyWe(WINDOWS)),
    ("a 1 1\r\n# EOF\n", Neither),
    // HELP.
    ("# HELP a text\n# EOF\n", Both),
    ("# HELP a \n# EOF\n", Both),
    ("# HELP a \\\\, \\n, \\\" and \\x\n# EOF\n", Both),
    ("# HELP a say \"hi\"\n# EOF\n", Both),
    ("# HELP a ends in \\\n# EOF\n", Both),
    ("# HELP a\n# EOF\n", Neither),
    ("# HELP  a text\n# EOF\n", Neither),
    ("# HELP 1a text\n# EOF\n", Neither),
    ("# HELP\n# EOF\n", Neither),
    ("# HELP a one\n# HELP a two\n# EOF\n", OnlyThey(SPEC)),
    ("# HELP a \n# HELP a two\n# EOF\n", OnlyThey(SPEC)),
    ("a 1 1\n# HELP a late\n# EOF\n", OnlyThey(SPEC)),
    // TYPE.
    ("# TYPE a gauge\na 1 1\n# EOF\n", Both),
    ("# TYPE a unknown\na 1 1\n# EOF\n", Both),
    ("# TYPE a gauge\n# EOF\n", Both),
    ("# TYPE a untyped\na 1 1\n# EOF\n", Neither),
    ("# TYPE a GAUGE\na 1 1\n# EOF\n", Neither),
    ("# TYPE a gauge \na 1 1\n# EOF\n", Neither),
    ("# TYPE a \na 1 1\n# EOF\n", Neither),
    ("# TYPE a\na 1 1\n# EOF\n", Neither),
    ("# TYPE a gauge\n# TYPE a gauge\n# EOF\n", OnlyThey(SPEC)),
    ("a 1 1\n# TYPE a gauge\n# EOF\n", OnlyThey(SPEC)),
    ("# TYPE a_total unknown\n# TYPE a counter\n# EOF\n", OnlyThey(SPEC)),
    ("# TYPE a counter\n# TYPE a_total unknown\n# EOF\n", OnlyThey(SPEC)),
    // UNIT.
    ("# UNIT a_seconds seconds\na_seconds 1 1\n# EOF\n", Both),
    ("# UNIT _seconds seconds\n# EOF\n", Both),
    ("# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1 1\n# EOF\n", Both),
    ("# UNIT a \na 1 1\n# EOF\n", Both),
    ("# UNIT a seconds\na 1 1\n# EOF\n", Neither),
    ("# UNIT aseconds seconds\n# EOF\n", Neither),
    ("# UNIT seconds seconds\n# EOF\n", Neither),
    ("# UNIT a\n# EOF\n", Neither),
    ("# TYPE a_s info\n# UNIT a_s s\n# EOF\n", OnlyThey(SPEC)),
    ("# UNIT a_s s\n# TYPE a_s stateset\n# EOF\n", OnlyThey(SPEC)),
    ("# TYPE a stateset\n# UNIT a \n# EOF\n", Both),
    ("# UNIT a_s s\n# UNIT a_s s\n# EOF\n", OnlyThey(SPEC)),
    // Names, labels and values.
    (":a:b_9 1 1\n# EOF\n", Both),
    ("1a 1 1\n# EOF\n", Neither),
    ("a{} 1 1\n# EOF\n", Both),
    ("a{b=\"c\",d=\"e\"} 1 1\n# EOF\n", Both),
    ("a{b=\"\\\\\\\"\\n\\x\"} 1 1\n# EOF\n", Both),
    ("a{b=\"}, # {\"} 1 1\n# EOF\n", Both),
    ("a{b=\"c\",} 1 1\n# EOF\n", WeAndNewerVersions(COMMA)),
    ("a{b=\"c\", d=\"e\"} 1 1\n# EOF\n", Neither),
    ("a{b = \"c\"} 1 1\n# EOF\n", Neither),
    ("a {b=\"c\"} 1 1\n# EOF\n", Neither),
    ("a{b=\"c\"}1 1\n# EOF\n", Neither),
    ("a{,} 1 1\n# EOF\n", Neither),
    ("a{b=\"c} 1 1\n# EOF\n", Neither),
    ("a{b=\"c\n\"} 1 1\n# EOF\n", Neither),
    ("a{b=c} 1 1\n# EOF\n", Neither),
    ("a{b:c=\"d\"} 1 1\n# EOF\n", Neither),
    ("a{b=\"c\",b=\"d\"} 1 1\n# EOF\n", Neither),
    ("a NaN 1\nb +Inf 1\nc -inf 1\nd 1e5 1\ne .5 1\n# EOF\n", Both),
    ("a 0x1p-2 1\n# EOF\n", Neither),
    ("a 1_0 1\n# EOF\n", Neither),
    ("a 1e400 1\n# EOF\n", Neither),
    ("a one 1\n# EOF\n", Neither),
    ("a\n# EOF\n", Neither),
    // Timestamps.
    ("a 1 1.5\n# EOF\n", Both),
    ("a 1 1e3\n# EOF\n", Both),
    ("a 1 NaN\n# EOF\n", Neither),
    ("a 1 +Inf\n# EOF\n", Neither),
    ("a 1 now\n# EOF\n", Neither),
    ("a 1 1 1\n# EOF\n", Neither),
    // Families and duplicates.
    ("a{b=\"1\"} 1 1\na{b=\"2\"} 1 1\nc 1 1\n# EOF\n", Both),
    ("a{b=\"1\"} 1 1\nc 1 1\na{b=\"2\"} 1 1\n# EOF\n", OnlyThey(SPEC)),
    ("a 1 1\na 1 2\n# EOF\n", OnlyThey(TWICE)),
    // Counters.
    ("# TYPE a counter\na_total 1 1\n# EOF\n", Both),
    ("# TYPE a counter\na_total 1 1\na_created 1 1\n# EOF\n", Both),
    ("# TYPE a_total counter\na_total_total 1 1\n# EOF\n", Both),
    ("# TYPE a counter\na 1 1\n# EOF\n", OnlyThey(SPEC)),
    ("# TYPE a counter\na_created 1 1\n# EOF\n", OnlyThey(SPEC)),
    // Histograms and summaries.
    (
        "# TYPE a histogram\na_bucket{le=\"1\"} 1 1\na_bucket{le=\"+Inf\"} 2 1\na_count 2 1\na_sum 3 1\n# EOF\n",
        Both,
    ),
    ("# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 2 1\na_gcount 2 1\na_gsum 3 1\n# EOF\n", Both),
    ("# TYPE a summary\na{quantile=\"0.5\"} 1 1\na_count 2 1\na_sum 3 1\na_created 4 1\n# EOF\n", Both),
    ("# TYPE a histogram\na_bucket 1 1\n# EOF\n", OnlyThey(SPEC)),
    ("# TYPE a histogram\na 1 1\n# EOF\n", OnlyThey(SPEC)),
    (
        "# TYPE a histogram\na_sum{b=\"1\"} 1 1\na_sum{b=\"2\"} 1 1\na_count{b=\"1\"} 1 1\n# EOF\n",
        OnlyThey(SPEC),
    ),
    ("# TYPE a summary\na 1 1\n# EOF\n", OnlyThey(SPEC)),
    (
        "# TYPE a histogram\na_bucket{le=\"2\"} 1 1\na_bucket{le=\"1\"} 1 1\na_bucket{le=\"+Inf\"} 2 1\n# EOF\n",
        OnlyThey(SPEC),
    ),
    ("# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 2 1\na_bucket{le=\"-1\"} 1 1\n# EOF\n", OnlyThey(SPEC)),
    ("# TYPE a summary\na{quantile=\"0.9\"} 1 1\na{quantile=\"0.5\"} 1 1\n# EOF\n", Both),
    // Information and states.
    ("# TYPE a info\na_info{b=\"c\"} 1 1\n# EOF\n", Both),
    ("# TYPE a info\na{b=\"c\"} 1 1\n# EOF\n", OnlyThey(SPEC)),
    ("# TYPE a stateset\na{a=\"on\"} 1 1\na{a=\"off\"} 0 1\n# EOF\n", Both),
    ("# TYPE a stateset\na{b=\"on\"} 1 1\n# EOF\n", OnlyThey(SPEC)),
    // Exemplars.
    ("# TYPE a counter\na_total 1 1 # {t=\"x\"} 1\n# EOF\n", Both),
    ("# TYPE a counter\na_total 1 1 # {t=\"x\"} 1 1.5\n# EOF\n", Both),
    ("# TYPE a counter\na_total 1 1 # {} 1\n# EOF\n", Both),
    ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1 1 # {t=\"x\"} 0.5\n# EOF\n", Both),
    ("# TYPE a gauge\na 1 1 # {t=\"x\"} 1\n# EOF\n", Neither),
    ("# TYPE a histogram\na_sum 1 1 # {t=\"x\"} 1\n# EOF\n", Neither),
    ("# TYPE a_total gauge\na_total 1 1 # {t=\"x\"} 1\n# EOF\n", OnlyThey(PAIRS)),
    ("# TYPE a counter\na_total 1 1 # {t=\"x\"}\n# EOF\n", Neither),
    ("# TYPE a counter\na_total 1 1 # {t=\"x\"} 1 now\n# EOF\n", Neither),
    ("# TYPE a counter\na_total 1 1 # {t=\"x\"} 1 1 1\n# EOF\n", Neither),
    ("# TYPE a counter\na_total 1 1 # {t=\"x\",t=\"y\"} 1\n# EOF\n", OnlyThey(SPEC)),
    (LONGEST_EXEMPLAR, Both),
    (LONGER_EXEMPLAR, OnlyThey(SPEC)),
    ("# TYPE a counter\na_total 1 1 #{t=\"x\"} 1\n# EOF\n", Neither),
    ("# TYPE a counter\na_total 1 1 # 1\n# EOF\n", Neither),
];
