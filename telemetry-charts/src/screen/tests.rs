//! What holds for screens.

use super::*;

fn screen(lines: &[&str]) -> Screen {
    let columns = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let cell = |letter: char| Cell { symbol: letter.to_string(), ..Cell::default() };
    let row =
        |line: &&str| line.chars().chain(std::iter::repeat(' ')).take(columns).map(cell).collect::<Vec<_>>();
    Screen { columns: columns as u16, title: "t".to_owned(), cells: lines.iter().flat_map(row).collect() }
}

/// The pixels of a picture: its width, and the colour of each.
fn pixels(file: &[u8]) -> (usize, Vec<[u8; 3]>) {
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let width = reader.next_frame(&mut bytes).unwrap().width as usize;
    (width, bytes.chunks(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect())
}

fn texts(screen: &Screen) -> Vec<(String, f64)> {
    let text = |mark: Mark| match mark {
        Mark::Text(text) => Some((text.text, text.at.0)),
        _ => None,
    };
    screen.scene().marks.into_iter().filter_map(text).collect()
}

#[test]
fn blocks_join_without_gaps() {
    for (lines, scale) in [(["██", "██"], 1), (["▟▙", "▜▛"], 2), (["▒▒", "▒▒"], 1)] {
        let (width, pixels) = pixels(&screen(&lines).png(scale, Theme::Dark).unwrap());
        let margin = MARGIN as usize * scale as usize;
        let inner = margin + 5 * scale as usize..width - margin - 5 * scale as usize;
        let middle = pixels.len() / width / 2;
        let rows = middle - 6 * scale as usize..middle + 6 * scale as usize;
        let colours: std::collections::BTreeSet<_> =
            rows.flat_map(|y| inner.clone().map(move |x| y * width + x)).map(|at| pixels[at]).collect();
        assert_eq!(colours.len(), 1, "{lines:?}: {colours:?}");
        assert_ne!(colours.first(), Some(&pixels[0]), "nothing is drawn");
    }
}

#[test]
fn lines_reach_the_edges_of_their_cells_and_so_join() {
    for lines in [["╭──╮", "╰──╯"], ["┌┬┬┐", "└┴┴┘"], ["╔╦╦╗", "╚╩╩╝"], ["┏┳┳┓", "┗┻┻┛"]]
    {
        let cell = Rect { left: 0.0, top: 0.0, width: WIDTH, height: HEIGHT };
        let corner = lines[0].chars().next().unwrap();
        let rule = rule::rule(corner, cell).unwrap();
        let curves = rule.curves.iter().flatten().copied();
        let ends = rule.boxes.iter().map(|rect| (rect.right(), rect.bottom())).chain(curves);
        let (right, bottom) = ends.fold((0.0, 0.0), |(x, y): (f64, f64), end| (x.max(end.0), y.max(end.1)));
        assert!((right - WIDTH).abs() < 0.01 && (bottom - HEIGHT).abs() < 0.01, "{corner}: {right} {bottom}");
        assert!(texts(&screen(&lines)).is_empty(), "{lines:?} is drawn as letters");
    }
    let letters = ('\u{2500}'..='\u{257F}').filter(|letter| {
        let cell = Rect { left: 0.0, top: 0.0, width: WIDTH, height: HEIGHT };
        rule::rule(*letter, cell).is_some_and(|rule| rule.boxes.len() + rule.curves.len() > 0)
    });
    assert!(letters.count() >= 87);
}

#[test]
fn each_letter_stands_in_its_cell() {
    let texts = texts(&screen(&["ab cd ▁ ef日g"]));
    let at = |column: f64| MARGIN + column * WIDTH;
    let expected = [("ab", 0.0), ("cd", 3.0), ("ef", 8.0), ("日", 10.0), ("g", 11.0)];
    assert_eq!(texts, expected.map(|(text, column)| (text.to_owned(), at(column))));
    let svg = screen(&["abc"]).svg(Theme::Dark).unwrap();
    assert!(svg.contains("textLength=\"27\""), "{svg}");
}

#[test]
fn braille_dots_are_where_their_bits_say() {
    let cell = Rect { left: 0.0, top: 0.0, width: 8.0, height: 16.0 };
    let places = |letter| {
        let (_, boxes) = block::boxes(letter, cell).unwrap();
        let place = |rect: &Rect| ((rect.left / 4.0) as u8, (rect.top / 4.0) as u8);
        boxes.iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(places('⠁'), [(0, 0)]);
    assert_eq!(places('⢀'), [(1, 3)]);
    assert_eq!(places('⡈'), [(1, 0), (0, 3)]);
    assert_eq!((places('⠀').len(), places('⣿').len()), (0, 8));
}

#[test]
fn reversed_cells_exchange_their_colours_and_names_are_harmless() {
    let cell = Cell { symbol: "<".to_owned(), reversed: true, colour: Some(Colour::Red), ..Cell::default() };
    let hostile = Cell { symbol: "\u{202E}".to_owned(), ..Cell::default() };
    let screen =
        Screen { columns: 2, title: "</title><script>".to_owned(), cells: vec![cell.clone(), hostile] };
    assert_eq!(cell.inks(), (Ink::Ground, Some(Ink::Terminal(1))));
    let svg = screen.svg(Theme::Light).unwrap();
    assert!(svg.contains(">&lt;</text>") && !svg.contains("<script") && !svg.contains('\u{202E}'), "{svg}");
}

#[test]
fn screens_of_every_size_are_drawn_or_refused() {
    for columns in [0, 1, 60, 250, u16::MAX] {
        for count in [0, 1, 5000] {
            let screen = Screen { columns, title: String::new(), cells: vec![Cell::default(); count] };
            match (screen.svg(Theme::Reader), screen.png(1, Theme::Dark)) {
                (Ok(_), Ok(_)) | (Err(ChartError::Size(_)), Err(ChartError::Size(_))) => {}
                // More pixels than a PNG may have; an SVG has no such bound.
                (Ok(_), Err(ChartError::Pixels(_))) if columns == u16::MAX => {}
                other => panic!("{columns} × {count}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_wall_wider_than_a_chart_may_be_is_a_png_in_the_resolution_that_fits() {
    let width = |columns: u16, rows: usize| {
        let cells = vec![Cell::default(); usize::from(columns) * rows];
        let file = Screen { columns, title: String::new(), cells }.png(4, Theme::Dark).unwrap();
        u32::from_be_bytes(file[16..20].try_into().unwrap())
    };
    assert_eq!(width(500, 2), (500 * 9 + 28) * 4);
    assert_eq!(width(1200, 30), 1200 * 9 + 28, "with four times as many pixels there would be too many");
}
