//! What is answered to a request.

use super::charts;
use super::desk::Desk;
use super::headers::{POLICY_OF_PICTURES, careful};
use super::look::look;
use super::markdown::{METRICS, RUNBOOK};
use super::span::{Choice, Span};
use super::{Room, assets, view};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use maud::Markup;
use serde_json::json;
use std::sync::Arc;
use telemetry_catalog::panel::{Board, OVERVIEW_UID};
use tower_http::compression::CompressionLayer;

type Here = State<Arc<Room>>;

pub(super) fn routes(room: Arc<Room>) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/board/{uid}", get(board))
        .route("/panel/{id}", get(panel))
        .route("/chart/{file}", get(chart))
        .route(RUNBOOK, get(runbook))
        .route(METRICS, get(metrics))
        .route("/state.json", get(state))
        .route("/style.css", get(async |asked: HeaderMap| assets::STYLE.answer(&asked)))
        .route("/page.js", get(async |asked: HeaderMap| assets::SCRIPT.answer(&asked)))
        .route("/favicon.svg", get(async |asked: HeaderMap| assets::ICON.answer(&asked)))
        .layer(CompressionLayer::new())
        .layer(from_fn(careful))
        .with_state(room)
}

/// What stands behind the question mark of an address.
#[derive(Debug, Default)]
struct Asked {
    span: Option<String>,
    width: Option<u32>,
    rows: Option<u32>,
    reloads: bool,
}

impl Asked {
    fn of(query: Option<&str>) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "range" => asked.span = Some(value.into_owned()),
                "reload" => asked.reloads = true,
                "rows" => asked.rows = value.parse().ok(),
                "width" => asked.width = value.parse().ok(),
                _ => (),
            }
        }
        asked
    }

    /// What the reader chose; nothing where there is no such time.
    async fn choice(&self, room: &Room) -> Option<Choice> {
        let span = match self.span.as_deref() {
            Some(name) => Span::named(name)?,
            None => room.desk.usual_span().await,
        };
        Some(Choice { span, is_asked: self.span.is_some(), reloads: self.reloads })
    }
}

fn page(status: StatusCode, markup: Markup) -> Response {
    (status, Html(markup.into_string())).into_response()
}

fn unknown_span(room: &Room, asked: &Asked) -> Response {
    let given = asked.span.as_deref().unwrap_or_default();
    page(StatusCode::BAD_REQUEST, view::unknown_span(room, given))
}

async fn overview(State(room): Here, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::of(query.as_deref());
    let Some(choice) = asked.choice(&room).await else { return unknown_span(&room, &asked) };
    let board = room.board(OVERVIEW_UID);
    let (look, overview, shown) =
        look(&room, board.into_iter().flat_map(Board::panels).collect(), choice.span).await;
    page(StatusCode::OK, view::overview(&room, &look, &overview, board, &shown, choice))
}

async fn board(State(room): Here, Path(uid): Path<String>, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::of(query.as_deref());
    let Some(choice) = asked.choice(&room).await else { return unknown_span(&room, &asked) };
    let Some(board) = room.board(&uid) else {
        return page(StatusCode::NOT_FOUND, view::unknown_board(&room, &uid));
    };
    let (look, _, shown) = look(&room, board.panels().collect(), choice.span).await;
    page(StatusCode::OK, view::board(&room, &look, board, &shown, choice))
}

async fn panel(State(room): Here, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::of(query.as_deref());
    let Some(choice) = asked.choice(&room).await else { return unknown_span(&room, &asked) };
    let Some(panel) = room.panel(&id) else {
        return page(StatusCode::NOT_FOUND, view::unknown_panel(&room, &id));
    };
    let (look, _, shown) = look(&room, vec![panel], choice.span).await;
    page(StatusCode::OK, view::panel(&room, &look, &shown, choice))
}

async fn chart(State(room): Here, Path(file): Path<String>, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::of(query.as_deref());
    let id = file.strip_suffix(".svg").unwrap_or_default();
    let span = asked.span.as_deref().map_or(Some(Span::default()), Span::named);
    let (Some(span), Some(panel)) = (span, room.panel(id)) else {
        return (StatusCode::NOT_FOUND, "there is no such chart\n").into_response();
    };
    let size =
        charts::size(panel, charts::width(asked.width.unwrap_or(charts::USUAL)), asked.rows.unwrap_or(1));
    let drawn = room.desk.chart(panel, span, size).by(Desk::deadline()).await;
    let picture = match drawn {
        Ok(picture) => picture.to_string(),
        Err(trouble) => view::picture_of_trouble(&trouble, size),
    };
    let head = [(CONTENT_TYPE, "image/svg+xml")];
    ([(CONTENT_SECURITY_POLICY, POLICY_OF_PICTURES)], head, picture).into_response()
}

async fn runbook(State(room): Here) -> Response {
    page(StatusCode::OK, view::document(&room, "Runbook", RUNBOOK, &room.documents.runbook))
}

async fn metrics(State(room): Here) -> Response {
    page(StatusCode::OK, view::document(&room, "Metrics", METRICS, &room.documents.metrics))
}

/// The health in a few words, for programs.
async fn state(State(room): Here) -> Response {
    let (look, ..) = look(&room, Vec::new(), Span::default()).await;
    let of = |subsystem: &crate::health::Condition| {
        json!({
            "subsystem": subsystem.subsystem.slug,
            "health": subsystem.verdict.as_str(),
            "reason": subsystem.reason,
        })
    };
    let answer = json!({
        "at": look.at,
        "live": look.liveness.is_live(),
        "health": look.health.verdict.as_str(),
        "firing": look.alerts.firing(),
        "pending": look.alerts.pending(),
        "subsystems": look.health.subsystems.iter().map(of).collect::<Vec<_>>(),
    });
    ([(CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}
