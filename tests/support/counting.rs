//! An allocator that counts: how much was held at once, and how much was asked for in all.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, counted. Growing counts as having both, the old and the new, which is the worst that can be.
pub struct Counting {
    held: AtomicUsize,
    peak: AtomicUsize,
    asked: AtomicUsize,
    times: AtomicUsize,
}

/// What some work took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Bytes held at once, beside what was held before.
    pub peak: usize,
    /// Bytes asked for, whether or not they were given back in between.
    pub bytes: usize,
    /// How often.
    pub times: usize,
}

impl Counting {
    pub const fn new() -> Self {
        Self {
            held: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            times: AtomicUsize::new(0),
        }
    }

    /// What the work takes. Nothing else may go on in the process meanwhile.
    pub fn of<T>(&self, work: impl FnOnce() -> T) -> (T, Taken) {
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        let (held, asked, times) = (read(&self.held), read(&self.asked), read(&self.times));
        self.peak.store(held, Ordering::Relaxed);
        let result = work();
        let taken = Taken {
            peak: read(&self.peak).saturating_sub(held),
            bytes: read(&self.asked) - asked,
            times: read(&self.times) - times,
        };
        (result, taken)
    }

    fn grown(&self, by: usize) {
        let held = self.held.fetch_add(by, Ordering::Relaxed) + by;
        self.peak.fetch_max(held, Ordering::Relaxed);
        self.asked.fetch_add(by, Ordering::Relaxed);
        self.times.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call is passed on to the system's allocator, which keeps the promises.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.grown(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.grown(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        self.held.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() {
            self.grown(size);
            self.held.fetch_sub(layout.size(), Ordering::Relaxed);
        } else {
            self.held.fetch_sub(layout.size() - size, Ordering::Relaxed);
        }
        unsafe { System.realloc(place, layout, size) }
    }
}
