//! Shortcuts say what the long way says: the same families, the same errors, in the same places.

#[path = "exposition/families.rs"]
mod families;

use families::families;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::borrow::Cow;
use telemetry_core::exposition::{
    Event, FamilyKind, Format, ParseError, Reader, Sample, Visitor, parse, parse_without_shortcuts, visit,
    write,
};

/// What a line is made of, and whole lines that follow one another in an exposition.
const PIECES: [&str; 45] = [
    "# HELP a x\n",
    "# TYPE a histogram\n",
    "# TYPE a counter\n",
    "# TYPE a summary\n",
    "# TYPE b gauge\n",
    "# UNIT a b\n",
    "# EOF\n",
    "# c\n",
    "a_bucket{x=\"1\",le=\"1\"} 1\n",
    "a_bucket{x=\"1\",le=\"2\"} 1\n",
    "a_bucket{x=\"1\",le=\"+Inf\"} 1\n",
    "a_bucket{le=\"1\",x=\"1\"} 1\n",
    "a_bucket{le=\"1\"} 1\n",
    "a_bucket{w=\"\",le=\"1\",x=\"1\"} 1\n",
    "a_sum{x=\"1\"} 1.5\n",
    "a_sum{x=\"2\"} 1.5\n",
    "a_count{x=\"1\"} 1\n",
    "a_count{x=\"2\"} 1\n",
    "a_created{x=\"1\"} 1\n",
    "a_total{x=\"1\"} 1\n",
    "a_total{x=\"2\"} 1 # {t=\"1\"} 1\n",
    "a{x=\"1\",quantile=\"0.5\"} 1\n",
    "a{x=\"1\",quantile=\"0.9\"} 1 5\n",
    "a{x=\"1\"} 1\n",
    "a{x=\"2\"} 1\n",
    "a{x=\"1},y=\"2\"} 1\n",
    "a{x=\"2\",} 1\n",
    "a{x=\"1\",y=\"1\"} 1\n",
    "a{x=\"1\",y=\"2\"} 1\n",
    "a{y=\"1\",x=\"1\"} 1\n",
    "a{x=\"1\",x=\"2\"} 1\n",
    "a{x=\"\\\\\",y=\"2\"} 1\n",
    "a{x=\"\\q\",y=\"2\"} 1\n",
    "a{__name__=\"1\"} 1\n",
    "a 1\n",
    "a 0.25 7\n",
    "a{} 1\n",
    "a\t1\n",
    "a 1\r\n",
    "b{x=\"1\"} 1\n",
    "b{x=\"é\"} -1e5\n",
    "b{x=\"0\"} NaN\n",
    "b 1",
    "\n",
    "b{x=\"1\"}1\n",
];

/// The bucket of a metric: usual lines first.
const BUCKETS: [&str; 6] = [
    "a_bucket{x=\"<x>\",le=\"<le>\"} 1\n",
    "a_bucket{le=\"<le>\",x=\"<x>\"} 1\n",
    "a_bucket{x=\"<x>\",le=\"<le>\",y=\"\"} 1\n",
    "a_bucket{x=\"<x>\",le=\"<le>\",} 1\n",
    "a_bucket{le=\"<le>\",x=\"<x>\",} 1\n",
    "a_count{x=\"<x>\"} 1\n",
];

fn format() -> impl Strategy<Value = Format> {
    select(&[Format::Text, Format::OpenMetrics][..])
}

/// Notes every line as text.
#[derive(Debug, Default, PartialEq)]
struct Notes(Vec<String>);

impl<'a> Visitor<'a> for Notes {
    type Error = ParseError;

    fn sample(&mut self, sample: Sample<'_, 'a>) -> Result<(), ParseError> {
        self.note(&Event::Sample(sample));
        Ok(())
    }

    fn help(&mut self, name: &'a str, text: Cow<'a, str>) -> Result<(), ParseError> {
        self.note(&Event::Help { name, text });
        Ok(())
    }

    fn kind(&mut self, name: &'a str, kind: FamilyKind) -> Result<(), ParseError> {
        self.note(&Event::Type { name, kind });
        Ok(())
    }

    fn unit(&mut self, name: &'a str, unit: &'a str) -> Result<(), ParseError> {
        self.note(&Event::Unit { name, unit });
        Ok(())
    }

    fn comment(&mut self, text: &'a str) -> Result<(), ParseError> {
        self.note(&Event::Comment(text));
        Ok(())
    }
}

impl Notes {
    fn note(&mut self, event: &Event<'_, '_>) {
        self.0.push(format!("{event:?}"));
    }
}

/// Everything that is said of an exposition up to its end or its first error.
fn events(mut reader: Reader<'_>) -> (Notes, Result<(), ParseError>) {
    let mut notes = Notes::default();
    loop {
        match reader.next_event() {
            Ok(Event::Eof) => return (notes, Ok(())),
            Ok(event) => notes.note(&event),
            Err(error) => return (notes, Err(error)),
        }
    }
}

fn check(input: &str, format: Format) -> Result<(), TestCaseError> {
    let by_grammar = events(Reader::new(input, format).without_shortcuts());
    prop_assert_eq!(&events(Reader::new(input, format)), &by_grammar, "events of {:?}", input);
    let plain = parse_without_shortcuts(input, format);
    prop_assert_eq!(&parse(input, format), &plain, "families of {:?}", input);
    let mut told = Notes::default();
    let visited = visit(input, format, &mut told);
    match plain {
        Ok(_) => {
            prop_assert_eq!(visited, Ok(()), "visit of {:?}", input);
            prop_assert_eq!(told, by_grammar.0, "visit of {:?}", input);
        }
        Err(error) => {
            prop_assert_eq!(visited, Err(error), "visit of {:?}", input);
            prop_assert_eq!(&told.0[..], &by_grammar.0.0[..told.0.len()], "visit of {:?}", input);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_lines(pieces in vec(select(&PIECES[..]), 0..12), format in format()) {
        check(&pieces.concat(), format)?;
    }

    /// The lines of one family in any order, which is where duplicates and falling buckets are.
    #[test]
    fn lines_of_one_family(kind in select(&PIECES[1..4]), pieces in vec(select(&PIECES[8..37]), 0..8)) {
        check(&format!("{kind}{}", pieces.concat()), Format::Text)?;
        check(&format!("{kind}{}# EOF\n", pieces.concat()), Format::OpenMetrics)?;
    }

    #[test]
    fn metrics_in_any_order(values in vec((0..30_u32, "[a-c\" !é\\\\]{0,2}"), 0..40)) {
        let lines: String = values.iter().map(|(number, text)| format!("a{{n=\"{number}\",t={text:?}}} 1\n")).collect();
        check(&lines, Format::Text)?;
        check(&lines.replace('\n', "\r\n"), Format::Text)?;
    }

    /// What is known of the metrics of one family says nothing of those of the next.
    #[test]
    fn families_of_metrics_in_any_order(families in vec(vec(0..4_u32, 0..5), 0..4)) {
        let line = |family: usize, value: &u32| format!("family_{family}{{x=\"{value}\"}} 1\n");
        let families = families.iter().enumerate();
        let lines: String = families.flat_map(|(family, values)| values.iter().map(move |value| line(family, value))).collect();
        check(&lines, Format::Text)?;
    }

    /// Where the bound stands, and whether the line is a usual one, must not decide whose bucket it is.
    #[test]
    fn buckets_however_they_are_written(buckets in vec((1..4_u32, 1..5_u32, select(&BUCKETS[..])), 0..7)) {
        let lines: String = buckets
            .iter()
            .map(|(x, le, line)| line.replace("<x>", &x.to_string()).replace("<le>", &le.to_string()))
            .collect();
        check(&format!("# TYPE a histogram\n{lines}"), Format::Text)?;
        check(&format!("# TYPE a histogram\n{lines}# EOF\n"), Format::OpenMetrics)?;
    }

    #[test]
    fn lines_that_end_in_crlf(pieces in vec(select(&PIECES[..]), 0..12), format in format()) {
        let text = pieces.concat().replace("\r\n", "\n").replace('\n', "\r\n");
        check(&text, format)?;
        check(&format!("{text}a 2 5\n"), format)?;
    }
}

proptest! {
    #[test]
    fn written_expositions(families in families(Format::Text)) {
        let mut text = String::new();
        write(&families, Format::Text, &mut text);
        check(&text, Format::Text)?;
        check(&text.replace('\n', "\r\n"), Format::Text)?;
    }

    #[test]
    fn changed_expositions(
        families in families(Format::OpenMetrics),
        format in format(),
        changes in vec((any::<Index>(), 0..4_usize, select(&PIECES[..])), 0..4),
    ) {
        let mut text = String::new();
        write(&families, format, &mut text);
        let mut characters: Vec<char> = text.chars().collect();
        for (at, length, piece) in changes {
            let at = at.index(characters.len() + 1);
            let end = characters.len().min(at + length);
            characters.splice(at..end, piece.chars());
        }
        check(&characters.into_iter().collect::<String>(), format)?;
    }
}
