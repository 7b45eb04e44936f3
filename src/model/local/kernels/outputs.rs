//! Rows of outputs, of which each thread writes columns of its own.
#![allow(unsafe_code)]

use std::marker::PhantomData;

/// Rows of numbers that several threads write to. They are sound as long as no two write to the same columns of a row.
pub struct Outputs<'a> {
    start: *mut f32,
    len: usize,
    width: usize,
    numbers: PhantomData<&'a mut [f32]>,
}

// SAFETY: whoever uses the pointer promises that nobody else uses the same numbers.
unsafe impl Sync for Outputs<'_> {}

impl<'a> Outputs<'a> {
    /// Rows of `width` numbers, one after another.
    #[must_use]
    pub fn new(numbers: &'a mut [f32], width: usize) -> Outputs<'a> {
        Outputs { start: numbers.as_mut_ptr(), len: numbers.len(), width, numbers: PhantomData }
    }

    /// `count` numbers of a row, from a column on.
    ///
    /// # Safety
    /// Until the slice is dropped nobody else uses these numbers.
    ///
    /// # Panics
    /// They pass the end of the outputs.
    #[allow(clippy::mut_from_ref, reason = "the caller promises that these numbers are its own")]
    pub unsafe fn get(&self, row: usize, column: usize, count: usize) -> &mut [f32] {
        let at = row * self.width + column;
        assert!(column + count <= self.width && at + count <= self.len, "a thread passes the end of the outputs");
        // SAFETY: inside, as just checked; the numbers are the caller's.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(at), count) }
    }
}
