// What a generated dashboard may be: Grafana's own type of a dashboard, made strict where that type leaves things open.
//
// Grafana's `Panel` takes any options, any custom field settings and any query. Here these are the types that Grafana
// publishes for the panel's `type`, so that a misspelt or misplaced setting is a compile error. Settings may be left out at
// every depth of the two, since Grafana fills in its defaults there.
//
// `@grafana/schema` and `panels/…` stand for one version of Grafana; the compiler's `paths` say which.

import type * as grafana from "@grafana/schema";
import type * as barchart from "panels/barchart/panelcfg/x/BarChartPanelCfg_types.gen";
import type * as bargauge from "panels/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen";
import type * as dashboardlist from "panels/dashboardlist/panelcfg/x/DashboardListPanelCfg_types.gen";
import type * as gauge from "panels/gauge/panelcfg/x/GaugePanelCfg_types.gen";
import type * as heatmap from "panels/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type * as histogram from "panels/histogram/panelcfg/x/HistogramPanelCfg_types.gen";
import type * as piechart from "panels/piechart/panelcfg/x/PieChartPanelCfg_types.gen";
import type * as stat from "panels/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as statetimeline from "panels/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type * as statushistory from "panels/statushistory/panelcfg/x/StatusHistoryPanelCfg_types.gen";
import type * as table from "panels/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as text from "panels/text/panelcfg/x/TextPanelCfg_types.gen";
import type * as timeseries from "panels/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";
// Later packages no longer hold the type of a Prometheus query, so every version is checked against that of 10.4.
import type * as prometheus from "grafana-10/prometheus/dataquery/x/PrometheusDataQuery_types.gen";

/** The options and the custom field settings of each `type` of panel, of which some have none. */
interface Visualizations {
  barchart: [barchart.Options, barchart.FieldConfig];
  bargauge: [bargauge.Options, never];
  dashlist: [dashboardlist.Options, never];
  gauge: [gauge.Options, never];
  heatmap: [heatmap.Options, heatmap.FieldConfig];
  histogram: [histogram.Options, histogram.FieldConfig];
  piechart: [piechart.Options, piechart.FieldConfig];
  stat: [stat.Options, never];
  "state-timeline": [statetimeline.Options, statetimeline.FieldConfig];
  "status-history": [statushistory.Options, statushistory.FieldConfig];
  table: [table.Options, table.FieldConfig];
  text: [text.Options, never];
  timeseries: [timeseries.Options, timeseries.FieldConfig];
}

/** The same as JSON has it, where the value of an enum is a mere string. */
type Json<T> = T extends string
  ? `${T}`
  : T extends Array<infer Item>
    ? Array<Json<Item>>
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;

/** The same with everything optional, except for what is in an array. */
type Partially<T> = T extends Array<unknown> ? T : T extends object ? { [Key in keyof T]?: Partially<T[Key]> } : T;

/** A type without some of its keys and with others in their place. */
type Replace<T, With> = Omit<T, keyof With> & With;

/** Grafana reads `interval` too, the smallest step, which the schema of 10.4 left out. */
export type Query = Json<prometheus.PrometheusDataQuery> & { interval?: string };

/** The settings of a field that are not those of one visualization. */
type Field = Json<Omit<grafana.FieldConfig, "custom">>;

/** What an override may set, each with a value of its own type. */
type Override<Custom> =
  | { [Key in keyof Field & string]-?: { id: Key; value?: Field[Key] } }[keyof Field & string]
  | { [Key in keyof Custom & string]-?: { id: `custom.${Key}`; value?: Custom[Key] } }[keyof Custom & string];

interface Fields<Custom> {
  defaults: Field & { custom?: Custom };
  overrides: Array<{ matcher: Json<grafana.MatcherConfig>; properties: Array<Override<Custom>> }>;
}

/** A title is not left out, nor an id, nor a position. */
type PanelOf<Type extends keyof Visualizations> = Replace<
  Json<Omit<grafana.Panel, "options" | "fieldConfig" | "targets">>,
  {
    id: number;
    type: Type;
    title: string;
    gridPos: Json<grafana.GridPos>;
    options?: Partially<Json<Visualizations[Type][0]>>;
    fieldConfig?: Fields<Partially<Json<Visualizations[Type][1]>>>;
    targets?: Query[];
  }
>;

export type Panel = { [Type in keyof Visualizations]: PanelOf<Type> }[keyof Visualizations];

export type Row = Replace<Json<Omit<grafana.RowPanel, "panels">>, { panels: Panel[] }>;

/** Grafana's reader of Prometheus annotations takes its texts from beside the query, where its schema has no names for them. */
type Annotation = Replace<
  Json<Omit<grafana.AnnotationQuery, "target">>,
  { target?: Query | Json<grafana.AnnotationTarget> }
> & { titleFormat?: string; textFormat?: string; tagKeys?: string; useValueForTime?: boolean; expr?: string };

export type Dashboard = Replace<
  Json<Omit<grafana.Dashboard, "panels" | "annotations">>,
  { panels: Array<Panel | Row>; annotations?: { list?: Annotation[] } }
>;
