//! The head of a sheet, the charts in their frames, and the foot.

use super::layout::{HEAD, INSIDE, MARGIN, TITLE, layout};
use super::{Part, Sheet};
use crate::frame::{self, LABEL, LINE};
use crate::ink::Ink;
use crate::scene::{Anchor, Dash, Rect, Scene, Text};
use crate::{Size, clock, data, kind, words};

/// What the sheet consists of.
pub(super) fn scene(sheet: &Sheet<'_>, size: Size) -> Scene {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let mut scene = Scene {
        width,
        height,
        name: "sheet".to_owned(),
        title: data::name(&sheet.title),
        description: description(sheet),
        zone: sheet.zone.clone(),
        marks: Vec::new(),
    };
    let layout = layout(sheet, (width, height));
    head(&mut scene, sheet, &layout.described);
    for (part, frame) in sheet.parts.iter().zip(&layout.frames) {
        draw_part(&mut scene, *frame, part, sheet.parts.len() > 1);
    }
    foot(&mut scene, sheet);
    scene
}

/// What each chart shows, for those who do not see them.
fn description(sheet: &Sheet<'_>) -> String {
    let one = |part: &Part<'_>| match &part.trouble {
        Some(trouble) => format!("{}: not known: {}.", words::title(&part.chart), data::name(trouble)),
        None => {
            let series = data::clean(&part.chart);
            format!(
                "{}: {}",
                words::title(&part.chart),
                words::description(&part.chart, &series, &sheet.zone)
            )
        }
    };
    sheet.parts.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The title, over which time, and from where.
fn head(scene: &mut Scene, sheet: &Sheet<'_>, described: &[String]) {
    let room = scene.width - 2.0 * MARGIN;
    let mut base = MARGIN + HEAD * 0.8;
    scene.text(Text::new((MARGIN, base), scene.title.clone(), HEAD, Ink::Text).bold().within(room));
    for line in described {
        base += LINE;
        scene.text(Text::new((MARGIN, base + 3.0), line.clone(), LABEL + 1.0, Ink::Faint));
    }
    let Some(first) = sheet.parts.first() else { return };
    let span = when(sheet, first.chart.start, first.chart.end);
    let span = Text::new((MARGIN, base + LINE + 4.0), span, LABEL + 1.0, Ink::Text).within(room);
    let source = Text::new(
        (scene.width - MARGIN, base + LINE + 4.0),
        data::name(&sheet.source),
        LABEL + 1.0,
        Ink::Faint,
    );
    let left = room - span.room() - LINE;
    scene.text(span);
    if left > 80.0 {
        scene.text(source.within(left).held(Anchor::End));
    }
}

/// Over which time the charts go. Those that show the present alone say nothing of what was before.
fn when(sheet: &Sheet<'_>, start: i64, end: i64) -> String {
    match sheet.parts.iter().all(|part| words::is_of_the_end(part.chart.panel)) {
        true => clock::moment(end, &sheet.zone),
        false => clock::span(start, end, &sheet.zone),
    }
}

/// What has drawn it, and when.
fn foot(scene: &mut Scene, sheet: &Sheet<'_>) {
    let base = scene.height - 12.0;
    let room = scene.width - 2.0 * MARGIN;
    let program = Text::new((MARGIN, base), data::name(&sheet.program), LABEL, Ink::Faint);
    let drawn = format!("drawn {}", clock::moment(sheet.drawn, &sheet.zone));
    let drawn = Text::new((scene.width - MARGIN, base), drawn, LABEL, Ink::Faint).held(Anchor::End);
    let left = room - program.room() - LINE;
    scene.text(program.within(room));
    if drawn.room() <= left {
        scene.text(drawn);
    }
}

/// A chart in a thin frame, with its title where it is one of several.
fn draw_part(scene: &mut Scene, outside: Rect, part: &Part<'_>, is_titled: bool) {
    outline(scene, outside);
    let inside = Rect {
        left: outside.left + INSIDE,
        top: outside.top + INSIDE,
        width: (outside.width - 2.0 * INSIDE).max(1.0),
        height: (outside.height - 2.0 * INSIDE + 4.0).max(1.0),
    };
    let area = if is_titled { title(scene, inside, part) } else { inside };
    match &part.trouble {
        Some(trouble) => not_known(scene, area, trouble),
        None => kind::draw(scene, area, &part.chart, &data::clean(&part.chart)),
    }
}

fn outline(scene: &mut Scene, rect: Rect) {
    let (left, top, right, bottom) = (rect.left, rect.top, rect.right(), rect.bottom());
    let corners = vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    scene.line(corners, Ink::Grid, 1.0, Dash::Solid);
}

fn title(scene: &mut Scene, area: Rect, part: &Part<'_>) -> Rect {
    let at = (area.left, area.top + frame::TITLE - 3.0);
    let title = Text::new(at, words::title(&part.chart), frame::TITLE, Ink::Text);
    scene.text(title.bold().within(area.width));
    area.below(TITLE)
}

fn not_known(scene: &mut Scene, area: Rect, trouble: &str) {
    let middle = (area.left + area.width / 2.0, area.top + area.height / 2.0 + 4.0);
    let text = Text::new(middle, format!("not known: {}", data::name(trouble)), LABEL + 1.0, Ink::Faint);
    scene.text(text.within(area.width).held(Anchor::Middle));
}
