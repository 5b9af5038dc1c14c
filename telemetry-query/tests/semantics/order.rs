//! In which order series are read, and that nobody sees it.

use std::cell::RefCell;

use telemetry_query::{Labels, Limits, Query, Sample, Selection, Steps, Store, StoreError, StoredSeries};

use crate::bench::{Bench, series};

const LINES: [&str; 6] = [
    r#"x{a="1",le="1"} 0 2 4 7 9"#,
    r#"x{a="1",le="+Inf"} 0 3 5 8 11"#,
    r#"x{a="2",le="1"} 1 1 5 5 5"#,
    r#"x{a="2",le="+Inf"} 1 2 6 6 8"#,
    r#"x{a="3",le="1"} 0 2 4 7 9"#,
    r#"y{a="3",le="+Inf"} 0 2 4 7 9"#,
];

fn bench(lines: impl Iterator<Item = &'static str>) -> Bench {
    series(&lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn answers_do_not_depend_on_the_order_of_the_store() {
    let (one, other) = (bench(LINES.into_iter()), bench(LINES.into_iter().rev()));
    for expression in [
        "x",
        "rate(x[20s])",
        r#"rate({a="3"}[20s])"#,
        "timestamp(x)",
        "sum by (le) (rate(x[20s]))",
        "avg without (le) (x)",
        "topk(1, x)",
        "bottomk by (a) (1, rate(x[20s]))",
        "topk(2, sum by (a) (x))",
        "topk(1, count by (a) (x))",
        "quantile(0.3, x)",
        r#"count_values("v", x)"#,
        "stdvar(x)",
        "histogram_quantile(0.5, sum by (le) (x))",
        "sum_over_time(sum by (a) (x)[20s:10s])",
        "x / on (a, le) x",
        "absent(z)",
        "absent_over_time(x[10s])",
        "scalar(y) + x",
    ] {
        let range = (10, 40, 10);
        assert_eq!(one.over(range, expression), other.over(range, expression), "{expression}");
    }
}

/// A store that notes what is read.
struct Noting {
    bench: Bench,
    read: RefCell<Vec<String>>,
}

struct Noted<'s> {
    series: Box<dyn StoredSeries + 's>,
    read: &'s RefCell<Vec<String>>,
}

impl Store for Noting {
    fn select<'s>(
        &'s self,
        selection: &Selection<'_>,
    ) -> Result<Vec<Box<dyn StoredSeries + 's>>, StoreError> {
        let all = self.bench.store.select(selection)?.into_iter();
        Ok(all.map(|series| Box::new(Noted { series, read: &self.read }) as Box<dyn StoredSeries>).collect())
    }
}

impl StoredSeries for Noted<'_> {
    fn labels(&self) -> &Labels {
        self.series.labels()
    }

    fn read(&self, samples: &mut Vec<Sample>) -> Result<(), StoreError> {
        let labels = self.labels();
        self.read.borrow_mut().push(format!("{} {}", labels.get("a"), labels.get("le")));
        self.series.read(samples)
    }
}

#[test]
fn series_are_read_as_the_store_has_them_where_there_is_more_than_one_step() {
    let store = Noting { bench: bench(LINES.into_iter()), read: RefCell::default() };
    let query = Query::parse("sum by (le) (rate(x[20s]))").unwrap();
    let steps = Steps { start: 20_000, end: 40_000, step: 10_000 };
    query.range(&store, steps, &Limits::default()).unwrap();
    assert_eq!(store.read.take(), ["1 1", "1 +Inf", "2 1", "2 +Inf", "3 1"]);
    query.instant(&store, 20_000, &Limits::default()).unwrap();
    assert_eq!(store.read.take(), ["1 +Inf", "1 1", "2 +Inf", "2 1", "3 1"]);
}
