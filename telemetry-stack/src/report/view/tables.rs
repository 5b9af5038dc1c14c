//! The numbers and the tables of the period.

use super::super::Report;
use super::super::numbers::Number;
use super::super::tops::{Column, Row, Subject, Table};
use crate::page::view::parts;
use crate::tally::Unsure;
use crate::words;
use maud::{Markup, html};
use telemetry_catalog::panel::Unit;
use telemetry_catalog::quantity::number;
use telemetry_core::registry::OVERFLOW;

/// What was counted, beside the period before.
pub(super) fn numbers(report: &Report) -> Markup {
    html! {
        section #numbers aria-labelledby="numbers-title" {
            h2 #numbers-title { "Numbers of the period" }
            dl.tiles { @for number in &report.numbers { (tile(number)) } }
            (comparison(&report.numbers))
            (unsure(&report.numbers))
        }
    }
}

/// What nobody knows to be in the numbers or not, and why.
fn unsure(numbers: &[Number]) -> Markup {
    let listed = |of: fn(&Unsure) -> f64| {
        let found = numbers.iter().filter(|found| of(&found.unsure) > 0.0);
        let found =
            found.map(|found| format!("{} {}", found.title.to_lowercase(), number(of(&found.unsure))));
        found.collect::<Vec<_>>().join(", ")
    };
    let (undated, folded) = (listed(|unsure| unsure.undated), listed(|unsure| unsure.folded));
    let stretched = listed(|unsure| unsure.stretched);
    html! {
        @if !stretched.is_empty() {
            p.note.unsure {
                b { "Estimated: " } (stretched) ". A counter began anew, and by so much its events between two scrapes may be estimated "
                "too high."
            }
        }
        @if !undated.is_empty() {
            p.note.unsure {
                b { "Of unknown time: " } (undated) ". So many there were already when a machine was first seen, and nobody knows whether they "
                "are of this period."
            }
        }
        @if !folded.is_empty() {
            p.note.unsure {
                b { "Of unknown kind: " } (folded) ". So many were counted together as " code { (OVERFLOW) } ", since there were too many "
                "label sets, and nobody knows how they ended."
            }
        }
    }
}

fn tile(found: &Number) -> Markup {
    html! {
        div.tile title=(found.about) {
            dt { (found.title) }
            @match &found.value {
                Ok(value) if found.unsure.sum() > 0.0 => (parts::bounded(*value, found.unsure.sum())),
                Ok(value) => dd { (number(*value)) },
                Err(why) => dd { (parts::dash(&format!("Not known: {}", words::cut(why)))) },
            }
            @if let Some(change) = found.change() {
                dd.change title=(before(found)) { (change) }
            }
        }
    }
}

fn before(found: &Number) -> String {
    found
        .before
        .as_ref()
        .map_or_else(Clone::clone, |before| format!("{} in the period before", number(*before)))
}

/// With what the numbers are compared, or why they are not.
fn comparison(numbers: &[Number]) -> Markup {
    let compared = numbers.iter().any(|number| number.change().is_some());
    let why = numbers.iter().find_map(|number| number.before.as_ref().err());
    html! {
        @match (compared, why) {
            (true, _) => p.note { "Changes are against the period of the same length before." },
            (false, Some(why)) => p.note { "There is no comparison with the period before: " (parts::foreign(why)) "." },
            (false, None) => {},
        }
    }
}

/// Who had the most failures, took the most time and used the most tokens.
pub(super) fn all(report: &Report) -> Markup {
    html! {
        section #tops aria-labelledby="tops-title" {
            h2 #tops-title { "Most failures, time and tokens" }
            @for (subject, table) in &report.tables { (one(subject, table)) }
        }
    }
}

fn one(subject: &Subject, table: &Table) -> Markup {
    html! {
        h3.row { (subject.title) }
        p.note { (subject.note) }
        @if table.rows.is_empty() { (nothing(table)) } @else {
            p.swipe { "The table is wider than the screen: it scrolls to the side." }
            div.scroll tabindex="0" role="region" aria-label=(subject.title) {
                table.tops {
                    caption.unseen { (subject.note) }
                    thead {
                        tr {
                            th scope="col" { (subject.one) }
                            @for column in &subject.columns { th.number scope="col" { (column.title) } }
                        }
                    }
                    tbody {
                        @for row in &table.rows { (line(subject, table, row)) }
                        @if let Some((count, others)) = &table.others { (rest(subject, table, *count, others)) }
                    }
                }
            }
        }
        @if table.has_folded() {
            p.note.unsure { "There were too many label sets, so that the other rows may have had some of " code { (OVERFLOW) } ": they had so many at least." }
        }
        (troubles(subject, table))
    }
}

fn nothing(table: &Table) -> Markup {
    let is_known = table.troubles.is_empty();
    html! { p.empty { (if is_known { "Nothing of it was seen in this period." } else { "Nothing is known of it." }) } }
}

fn line(subject: &Subject, table: &Table, row: &Row) -> Markup {
    html! {
        tr {
            th scope="row" { (name(&row.name)) }
            @for (place, column) in subject.columns.iter().enumerate() { (cell(table, place, column, row)) }
        }
    }
}

/// The name of a row as people read it.
fn name(name: &str) -> Markup {
    match name {
        "" => html! { i { "without a name" } },
        OVERFLOW => {
            html! { (parts::foreign(name)) span.note { " (all that were too many)" } }
        }
        name => parts::foreign(name),
    }
}

/// A value, with a bar that compares it with the others of its column.
fn cell(table: &Table, place: usize, column: &Column, row: &Row) -> Markup {
    let Some(value) = row.cells[place] else {
        let share_of_hidden = column.unit == Unit::Share && row.name == OVERFLOW;
        return match column.hides(&row.name) || share_of_hidden {
            true => {
                html! { td.number { (parts::dash("Not known: they are counted together, however they ended")) } }
            }
            false => html! { td.number { (reason(table, place, column)) } },
        };
    };
    let largest = table.largest(place).filter(|_| column.adds_up());
    html! {
        td.number {
            (column.unit.shown(value))
            @if let Some(largest) = largest { (bar(value / largest)) }
        }
    }
}

/// A bar as long as this part of the cell; a picture of the number beside it, so that it is not read out.
fn bar(part: f64) -> Markup {
    let width = (part.clamp(0.0, 1.0) * 1000.0).round() / 10.0;
    html! {
        svg.part viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect.whole width="100" height="4" {}
            rect.own width=(width) height="4" {}
        }
    }
}

/// All others together.
fn rest(subject: &Subject, table: &Table, count: usize, others: &Row) -> Markup {
    html! {
        tr.others {
            th scope="row" { (super::counted(count, "other")) }
            @for (place, column) in subject.columns.iter().enumerate() {
                td.number {
                    @match others.cells[place] {
                        Some(value) => (column.unit.shown(value)),
                        None if column.adds_up() || column.unit == Unit::Share => (reason(table, place, column)),
                        None => (parts::dash("Not known: percentiles of several cannot be put together")),
                    }
                }
            }
        }
    }
}

/// Why a cell is not known.
fn reason(table: &Table, place: usize, column: &Column) -> Markup {
    let unseen = match column.adds_up() || column.unit == Unit::Share {
        true => "nothing of it was seen",
        false => "it needs two scrapes with something between them",
    };
    let why = table.troubles.get(&place).map_or(unseen, String::as_str);
    parts::dash(&format!("Not known: {}", words::cut(why)))
}

/// Why columns are not known.
fn troubles(subject: &Subject, table: &Table) -> Markup {
    html! {
        @for (place, why) in &table.troubles {
            p.error { (subject.columns[*place].title) " is not known: " (parts::foreign(why)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tops::{subjects, tests};
    use super::*;
    use telemetry_catalog::promql::Window;

    fn shown(value: f64, unsure: Unsure) -> String {
        tile(&Number { title: "Runs", about: "", value: Ok(value), before: Ok(2.0), unsure }).into_string()
    }

    #[test]
    fn a_number_is_no_more_exact_than_it_is_known() {
        assert!(shown(4.0, Unsure::default()).contains("<dd>4</dd>"));
        let undated = Unsure { undated: 3.0, ..Unsure::default() };
        let least = shown(4.0, undated);
        assert!(least.contains("at least </span>4</dd>") && least.contains("up to 7"), "{least}");
        let most = shown(0.0, undated);
        assert!(most.contains("at most </span>3</dd>") && !most.contains(">0<"), "{most}");
        let folded = shown(4.0, Unsure { folded: 2.0, ..Unsure::default() });
        assert!(folded.contains("up to 6") && !folded.contains("100 %"), "{folded}");
    }

    #[test]
    fn why_a_number_is_not_known_exactly_is_said_once_for_each_reason() {
        let runs = |unsure| {
            let found =
                Number { title: "Runs", about: "", value: Ok(4.0), before: Err(String::new()), unsure };
            super::unsure(&[found]).into_string()
        };
        assert_eq!(runs(Unsure::default()), "");
        let all = runs(Unsure { stretched: 1.0, undated: 2.0, folded: 3.0 });
        for said in ["Estimated: </b>runs 1.", "Of unknown time: </b>runs 2.", "Of unknown kind: </b>runs 3."]
        {
            assert_eq!(all.matches(said).count(), 1, "{said}: {all}");
        }
    }

    #[test]
    fn a_table_shows_what_is_known_and_a_dash_with_its_reason_where_nothing_is() {
        let text = one(&subjects(Window::hours(1))[0], &tests::some()).into_string();
        assert!(text.contains("&lt;b&gt;plan&lt;/b&gt;") && !text.contains("<b>plan"), "{text}");
        assert!(text.contains("25.0 %") && text.contains("1 m 40 s"), "{text}");
        assert!(
            text.contains("Not known: no answer within 2 s") && text.contains("p95 is not known"),
            "{text}"
        );
        assert_eq!(text.matches("<tr>").count(), 3);
    }
}
