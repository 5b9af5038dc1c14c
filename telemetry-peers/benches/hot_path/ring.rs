//! Where texts are made anew for each call: memory that is used again only after a long time.
//!
//! An allocator would not do: it gives the block that was just freed to whoever asks next, so that texts stand at the addresses of the
//! call before, and its own price is far above that of the calls that are to be compared.

/// How many places there are: several times as many as `telemetry-core` remembers addresses, which are about a thousand, so that none is
/// remembered when its place is used again. It is a prime, so that a hundred label sets that take turns come to other places each time.
const PLACES: usize = 4093;

/// How long the longest text may be.
const LONGEST: usize = 24;

/// Places for the texts of one call each, which are taken one after the other.
#[derive(Debug)]
pub(crate) struct Ring {
    places: Vec<[String; 3]>,
    next: usize,
}

impl Default for Ring {
    fn default() -> Self {
        let place = |_| [(); 3].map(|()| " ".repeat(LONGEST));
        Self { places: (0..PLACES).map(place).collect(), next: 0 }
    }
}

impl Ring {
    /// Writes the texts into the next place, and says where they are.
    #[inline(always)]
    pub(crate) fn write(&mut self, texts: [&str; 3]) -> [&str; 3] {
        let place = &mut self.places[self.next];
        self.next = (self.next + 1) % PLACES;
        for (written, text) in place.iter_mut().zip(texts) {
            written.clear();
            written.push_str(text);
        }
        place.each_ref().map(String::as_str)
    }
}
