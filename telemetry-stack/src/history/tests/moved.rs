//! A history that is exported and imported.

use super::*;

#[test]
fn what_is_imported_is_there_and_appending_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let samples = |offset: i64| {
        (0..2000).map(move |number| Sample::new(START + number * 15_000 + offset, number as f64))
    };
    let mut import = history.import().unwrap();
    for number in 0..200 {
        import.series(&series(&number.to_string()), samples(number)).unwrap();
    }
    assert!(import.series(&series("7"), samples(0)).is_err(), "it came before");
    import.finish().unwrap();
    assert!(matches!(history.import().map(drop), Err(HistoryError::NotEmpty(_))));
    let end = START + 1999 * 15_000 + 199;
    assert_eq!(
        append(&history, "5", &[(end, 1.0), (end + 1, 7.0)]),
        Appended { stored: 1, out_of_order: 1, duplicates: 0 }
    );
    for sample in hours(9, 14) {
        append(&history, "5", &[sample]);
        history.maintain(sample.0).unwrap();
    }
    let again = {
        drop(history);
        open(folder.path())
    };
    assert_eq!(again.stats().series, 200);
    assert_eq!(times(&again, "5").len(), 2000 + 1 + 30);
    let wanted: Vec<_> = samples(199).map(|sample| sample.timestamp).collect();
    assert_eq!(times(&again, "199"), wanted);
    assert_eq!(content(&again, START + 15_000, START + 30_000)["3"].len(), 1);
}

#[test]
fn an_export_says_everything_but_staleness() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let values = [1.0, 0.1, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, STALE, 1e300];
    let samples: Vec<_> = (0..).map(|number| START + 1 + number * 1000).zip(values).collect();
    append(&history, "a \"b\" \\ \n", &samples);
    let mut text = Vec::new();
    let exported = history.export(&mut text, START + 1000, i64::MAX).unwrap();
    assert_eq!(exported, Exported { samples: 5, stale: 1 });
    let text = String::from_utf8(text).unwrap();
    let values: Vec<_> = text.lines().map(|line| line.rsplit(' ').nth(1).unwrap_or_default()).collect();
    assert_eq!(values, ["0.1", "+Inf", "-Inf", "NaN", "1e300", "#"]);
    assert!(text.starts_with(r#"m{series="a \"b\" \\ \n"} 0.1 "#), "{text}");
    assert!(text.lines().next().unwrap().ends_with("01.001") && text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn an_import_that_is_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let mut import = history.import().unwrap();
    for number in 0..50 {
        import
            .series(
                &series(&number.to_string()),
                (0..9999).map(|number| Sample::new(START + number, 0.1 * number as f64)),
            )
            .unwrap();
    }
    drop(import);
    append(&history, "5", &hours(0, 6));
    history.maintain(START + 24 * HOUR).unwrap();
    let only = BTreeMap::from([(
        "5".to_owned(),
        hours(0, 6).iter().map(|(time, value)| (*time, value.to_bits())).collect(),
    )]);
    assert_eq!(content(&history, i64::MIN, i64::MAX), only);
    drop(history);
    assert_eq!(content(&open(folder.path()), i64::MIN, i64::MAX), only);
}
