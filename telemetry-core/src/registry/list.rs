//! A list that only grows, and that is read without a lock: neither a reader nor a forked process waits for whoever makes it longer.

use crate::sync::SetOnce;
use std::iter;

/// Values in the order in which they were put in.
#[derive(Debug)]
pub struct List<T> {
    first: End<T>,
}

/// Where the next value will stand.
type End<T> = SetOnce<Box<Link<T>>>;

#[derive(Debug)]
struct Link<T> {
    value: T,
    next: End<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { first: End::default() }
    }
}

impl<T> List<T> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        iter::successors(self.first.get(), |link| link.next.get()).map(|link| &link.value)
    }

    /// Puts a value at the end. Of two threads that do so at the same time, one may lose its value; a lock of the caller's is to keep them apart.
    pub(super) fn push(&self, value: T) {
        let mut end = &self.first;
        while let Some(link) = end.get() {
            end = &link.next;
        }
        end.get_or_init(|| Box::new(Link { value, next: End::default() }));
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let list = Self::default();
        values.into_iter().for_each(|value| list.push(value));
        list
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::List;

    #[test]
    fn values_stand_in_the_order_in_which_they_were_put_in() {
        let list: List<_> = [1, 2].into_iter().collect();
        list.push(3);
        assert_eq!(list.iter().copied().collect::<Vec<_>>(), [1, 2, 3]);
    }
}
