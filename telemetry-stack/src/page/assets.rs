//! The style, the script and the icon. They are a part of the program.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

/// A file that never changes while the program runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asset {
    kind: &'static str,
    text: &'static str,
}

pub(crate) const STYLE: Asset =
    Asset { kind: "text/css; charset=utf-8", text: include_str!("assets/style.css") };
pub(super) const SCRIPT: Asset =
    Asset { kind: "text/javascript; charset=utf-8", text: include_str!("assets/page.js") };
pub(crate) const ICON: Asset = Asset { kind: "image/svg+xml", text: include_str!("assets/favicon.svg") };

impl Asset {
    /// What stands in it, for a page that has everything in itself.
    pub(crate) const fn text(self) -> &'static str {
        self.text
    }

    /// The file, or that it is the one that the browser has. It is asked for each time, so that a newer program is seen at once.
    pub(super) fn answer(self, asked: &HeaderMap) -> Response {
        // The same text may be answered compressed or not, so that the tag is a weak one.
        let tag = format!("W/\"{:08x}\"", crc32fast::hash(self.text.as_bytes()));
        let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let is_known = known.flat_map(|list| list.split(',')).any(|known| matches(known.trim(), &tag));
        let head = [(ETAG, tag.as_str()), (CACHE_CONTROL, "no-cache"), (CONTENT_TYPE, self.kind)];
        match is_known {
            true => (StatusCode::NOT_MODIFIED, head).into_response(),
            false => (head, self.text).into_response(),
        }
    }
}

fn matches(known: &str, tag: &str) -> bool {
    known == "*" || known.trim_start_matches("W/") == tag.trim_start_matches("W/")
}
