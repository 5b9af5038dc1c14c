//! What programs push: groups of metrics, kept on disk and exposed on one page, as a Pushgateway does.
