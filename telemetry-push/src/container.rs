//! Containers whose host name and folders do not last.
//!
//! A group per random host name would leave a stale one at the gateway for every container that ever ran, and a ledger that is gone
//! with its container would let counters there begin anew; the same holds for copies in the folder of node_exporter. So in such a container
//! nothing is pushed or copied, and a person is told what to do.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The number of digits of the host name that a container engine makes of the container's id.
const ID_DIGITS: usize = 12;

/// What is known of the place where this process runs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Surroundings {
    /// Whether this is a container of an engine such as Docker or Podman.
    container: bool,
    /// Whether this is a pod of Kubernetes, whose name is made up anew each time.
    pod: bool,
    host: String,
    /// Whether the folder of the ledger is on another file system than the root, such as a mounted volume.
    volume: bool,
}

/// What a person should do where neither the host name nor the folder lasts; nothing elsewhere.
pub(crate) fn advice(host: &str, folder: &Path) -> Option<String> {
    let surroundings = Surroundings {
        container: ["/.dockerenv", "/run/.containerenv"].iter().any(|file| Path::new(file).exists()),
        pod: std::env::var_os("KUBERNETES_SERVICE_HOST").is_some(),
        host: host.to_owned(),
        volume: is_volume(folder),
    };
    surroundings.advice()
}

impl Surroundings {
    fn advice(&self) -> Option<String> {
        let fleeting = !self.volume && (self.pod || self.container && is_id(&self.host));
        fleeting.then(|| {
            format!(
                "the counts of this container do not leave it, since neither its host name {} nor the folder of its ledger lasts: set \
                 telemetry.prometheus.instance to a lasting name, and telemetry.ledger_path to a folder on a volume",
                self.host
            )
        })
    }
}

fn is_id(host: &str) -> bool {
    host.len() == ID_DIGITS && host.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether the nearest folder that exists is on another device than the root.
fn is_volume(folder: &Path) -> bool {
    let device = |path: &Path| path.metadata().ok().map(|metadata| metadata.dev());
    let nearest = folder.ancestors().find_map(device);
    nearest.is_some() && nearest != device(Path::new("/"))
}

#[cfg(test)]
mod tests {
    use super::Surroundings;

    #[test]
    fn only_where_neither_name_nor_folder_lasts_there_is_advice() {
        for (container, pod, host, volume, expected) in [
            (true, false, "3f2a9c0d1e4b", false, true),
            (true, false, "3f2a9c0d1e4b", true, false),
            (true, false, "build-1", false, false),
            (false, false, "3f2a9c0d1e4b", false, false),
            (false, true, "agents-7d9f-x2k4p", false, true),
            (false, true, "agents-7d9f-x2k4p", true, false),
        ] {
            let surroundings = Surroundings { container, pod, host: host.to_owned(), volume };
            assert_eq!(surroundings.advice().is_some(), expected, "{surroundings:?}");
        }
    }
}
