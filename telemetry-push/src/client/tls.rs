//! What is wrong with the encryption of a connection, in words that say what to do.

use rustls::{CertificateError, Error as Tls, InvalidMessage};
use std::error::Error as StdError;
use std::fmt;
use std::io;

/// Why no encrypted connection could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The certificate comes from an authority that is not trusted here.
    UnknownAuthority,
    /// The certificate is no longer valid, or not yet, by the clock of this machine.
    Expired,
    /// The certificate is another host's.
    WrongHost,
    /// The server does not speak TLS.
    NotTls,
    /// Something else, which the cause says.
    Other,
}

impl fmt::Display for TlsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownAuthority => {
                "its certificate comes from an authority that is not trusted here; \
                 name the file with the authority's certificate (ca_file)"
            }
            Self::Expired => {
                "its certificate is not valid at this time; renew it, or set this machine's clock"
            }
            Self::WrongHost => {
                "its certificate is another host's; use the name that stands in the certificate"
            }
            Self::NotTls => "it does not speak TLS; its address begins with http:// perhaps",
            Self::Other => "no encrypted connection could be made",
        })
    }
}

impl TlsProblem {
    pub(super) const fn of(error: &Tls) -> Self {
        match error {
            Tls::InvalidCertificate(error) => Self::of_certificate(error),
            Tls::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NotTls,
            _ => Self::Other,
        }
    }

    const fn of_certificate(error: &CertificateError) -> Self {
        match error {
            // The second comes of an authority that was made anew under its old name.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownAuthority,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::Expired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongHost
            }
            _ => Self::Other,
        }
    }
}

/// The error of the TLS library among the causes of an error. An [`io::Error`] that wraps another does not name it as its cause.
pub(super) fn tls_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Tls> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = wrapped.and_then(|wrapped| tls_error(wrapped)) {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{TlsProblem, tls_error};
    use rustls::{CertificateError, Error};
    use std::io;

    #[test]
    fn each_problem_is_told_from_the_others() {
        for (error, problem) in [
            (CertificateError::UnknownIssuer, TlsProblem::UnknownAuthority),
            (CertificateError::Expired, TlsProblem::Expired),
            (CertificateError::NotValidYet, TlsProblem::Expired),
            (CertificateError::NotValidForName, TlsProblem::WrongHost),
            (CertificateError::BadSignature, TlsProblem::UnknownAuthority),
            (CertificateError::Revoked, TlsProblem::Other),
        ] {
            assert_eq!(TlsProblem::of(&Error::InvalidCertificate(error)), problem);
        }
        assert_eq!(TlsProblem::of(&Error::HandshakeNotComplete), TlsProblem::Other);
    }

    #[test]
    fn the_error_is_found_inside_another() {
        let inner = io::Error::other(Error::HandshakeNotComplete);
        assert_eq!(tls_error(&io::Error::other(inner)), Some(&Error::HandshakeNotComplete));
        assert_eq!(tls_error(&io::Error::other("text")), None);
    }
}
