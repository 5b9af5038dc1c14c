//! What a guard keeps between its beginning and its end, which is nothing unless its beginning was recorded.
//!
//! In a program with the feature `live` it is an `Option`. Without the feature nothing is ever recorded, and it is empty, so that
//! the guards are as small as the handles.

#[cfg(not(feature = "live"))]
use std::marker::PhantomData;

/// A `T`, if something was recorded.
#[derive(Debug)]
pub(crate) struct Recorded<T> {
    #[cfg(feature = "live")]
    kept: Option<T>,
    #[cfg(not(feature = "live"))]
    kept: PhantomData<T>,
}

#[cfg(feature = "live")]
impl<T> Recorded<T> {
    #[inline]
    pub(crate) const fn new(kept: Option<T>) -> Self {
        Self { kept }
    }

    #[inline]
    pub(crate) const fn take(&mut self) -> Option<T> {
        self.kept.take()
    }

    #[inline]
    pub(crate) const fn get(&self) -> Option<&T> {
        self.kept.as_ref()
    }

    #[inline]
    pub(crate) const fn get_mut(&mut self) -> Option<&mut T> {
        self.kept.as_mut()
    }
}

#[cfg(not(feature = "live"))]
impl<T> Recorded<T> {
    #[inline]
    pub(crate) fn new(_: Option<T>) -> Self {
        Self { kept: PhantomData }
    }

    #[inline]
    pub(crate) const fn take(&mut self) -> Option<T> {
        None
    }

    #[inline]
    pub(crate) const fn get(&self) -> Option<&T> {
        None
    }

    #[inline]
    pub(crate) const fn get_mut(&mut self) -> Option<&mut T> {
        None
    }
}
