//! The threads that share one piece of arithmetic.
//!
//! A job is cut into many small tasks, and whoever is free takes the next. So a thread that lost its core to another
//! program holds up one task and not the job; a barrier, which waits for every thread, is as slow as the slowest.
//! Between jobs a thread spins for some microseconds, since the next product follows soon, and then sleeps.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// How often a thread looks for the next job before it sleeps: some tens of microseconds.
const SPINS: u32 = 4000;

/// The job accepts threads.
const OPEN: u64 = 1 << 31;
/// The low bits count the threads inside the job; the high ones number the jobs.
const INSIDE: u64 = OPEN - 1;

/// A pool of threads, of which the caller is one.
pub struct Pool {
    shared: Arc<Shared>,
    /// One job at a time.
    turn: Mutex<()>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    /// Number of the job, whether it is open, and how many threads are inside.
    state: AtomicU64,
    job: UnsafeCell<Job>,
    next: AtomicUsize,
    panicked: AtomicBool,
    closed: AtomicBool,
    /// Threads that sleep, or are about to.
    sleepers: AtomicUsize,
    bed: Mutex<()>,
    bell: Condvar,
}

#[derive(Clone, Copy)]
struct Job {
    call: unsafe fn(*const (), usize),
    work: *const (),
    tasks: usize,
}

// SAFETY: `job` is written only while no thread is inside and the job is not open, and read only from inside; `state`
// orders the two. The work behind the pointer is `Sync`, and outlives every thread inside (see `Pool::run`).
unsafe impl Sync for Shared {}
// SAFETY: as above; the pointer is followed from inside a job only.
unsafe impl Send for Shared {}

impl Pool {
    /// A pool of `threads` threads, the caller included; at least one. Threads that the system refuses are missing.
    #[must_use]
    pub fn new(threads: usize) -> Pool {
        let idle = Job { call: |_, _| {}, work: std::ptr::null(), tasks: 0 };
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            job: UnsafeCell::new(idle),
            next: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            bed: Mutex::new(()),
            bell: Condvar::new(),
        });
        let start = |i: usize| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name(format!("arithmetic {i}")).spawn(move || shared.serve()).ok()
        };
        let threads = (1..threads).filter_map(start).collect();
        Pool { shared, turn: Mutex::new(()), threads }
    }

    /// How many threads share a job.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.len() + 1
    }

    /// Calls `work` with every number below `tasks`, each once, in no order, on all threads; returns when all are done.
    ///
    /// # Panics
    /// If `work` does, when every thread has left it.
    pub fn run<F: Fn(usize) + Sync>(&self, tasks: usize, work: F) {
        unsafe fn call<F: Fn(usize)>(work: *const (), task: usize) {
            // SAFETY: `work` points to the `F` of the `run` below us, which waits for us.
            unsafe { (*work.cast::<F>())(task) }
        }
        if tasks <= 1 || self.threads.is_empty() {
            return (0..tasks).for_each(work);
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &*self.shared;
        // SAFETY: it is our turn, so no job is open; the last `run` waited until nobody was inside.
        unsafe { *shared.job.get() = Job { call: call::<F>, work: (&raw const work).cast(), tasks } };
        shared.next.store(0, Ordering::Relaxed);
        shared.panicked.store(false, Ordering::Relaxed);
        let number = (shared.state.load(Ordering::Relaxed) >> 32) + 1;
        shared.state.store(number << 32 | OPEN, Ordering::SeqCst);
        if shared.sleepers.load(Ordering::SeqCst) > 0 {
            drop(shared.bed.lock().unwrap_or_else(PoisonError::into_inner));
            shared.bell.notify_all();
        }
        // A panic must not leave this frame while others are inside: they would read `work` after its end.
        let ours = catch_unwind(AssertUnwindSafe(|| shared.take_tasks(call::<F>, (&raw const work).cast(), tasks)));
        shared.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut spins = 0;
        while shared.state.load(Ordering::Acquire) & INSIDE > 0 {
            spins += 1;
            if spins < SPINS { spin_loop() } else { std::thread::yield_now() }
        }
        if let Err(panic) = ours {
            std::panic::resume_unwind(panic);
        }
        assert!(!shared.panicked.load(Ordering::Relaxed), "a thread panicked in its arithmetic");
    }

    /// Gives each item to `work`, on all threads; returns when all are done.
    ///
    /// # Panics
    /// As [`Pool::run`].
    pub fn each<T: Send>(&self, mut items: Vec<T>, work: impl Fn(T) + Sync) {
        if items.len() <= 1 {
            return items.drain(..).for_each(work);
        }
        let items: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
        self.run(items.len(), |task| {
            if let Some(item) = items[task].lock().unwrap_or_else(PoisonError::into_inner).take() {
                work(item);
            }
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        drop(self.shared.bed.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.bell.notify_all();
        for thread in self.threads.drain(..) {
            // A thread cannot panic outside `catch_unwind`.
            drop(thread.join());
        }
    }
}

impl Shared {
    fn serve(&self) {
        let mut last = 0;
        while let Some(number) = self.wait_for_other_than(last) {
            last = number;
            if self.enter(number) {
                // SAFETY: we are inside, so the job is not written now.
                let Job { call, work, tasks } = unsafe { *self.job.get() };
                if catch_unwind(AssertUnwindSafe(|| self.take_tasks(call, work, tasks))).is_err() {
                    self.panicked.store(true, Ordering::Relaxed);
                }
                self.state.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }

    fn take_tasks(&self, call: unsafe fn(*const (), usize), work: *const (), tasks: usize) {
        loop {
            let task = self.next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return;
            }
            // SAFETY: the caller is inside the job that `work` belongs to.
            unsafe { call(work, task) };
        }
    }

    /// Enters job `number`, if it is still open.
    fn enter(&self, number: u64) -> bool {
        let mut state = self.state.load(Ordering::Acquire);
        while state >> 32 == number && state & OPEN > 0 {
            match self.state.compare_exchange_weak(state, state + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// The number of an open job other than `last`; `None` if the pool is closed.
    fn wait_for_other_than(&self, last: u64) -> Option<u64> {
        let open = || {
            let state = self.state.load(Ordering::SeqCst);
            (state & OPEN > 0 && state >> 32 != last).then_some(state >> 32)
        };
        for _ in 0..SPINS {
            if let Some(number) = open() {
                return Some(number);
            }
            spin_loop();
        }
        let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        let woken = loop {
            if self.closed.load(Ordering::SeqCst) {
                break None;
            }
            if let Some(number) = open() {
                break Some(number);
            }
            bed = self.bell.wait(bed).unwrap_or_else(PoisonError::into_inner);
        };
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
        woken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_done_once() {
        for threads in [1, 2, 5] {
            let pool = Pool::new(threads);
            for tasks in [0, 1, 2, 7, 1000] {
                let done: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
                pool.run(tasks, |task| {
                    done[task].fetch_add(1, Ordering::Relaxed);
                });
                assert!(done.iter().all(|times| times.load(Ordering::Relaxed) == 1), "{threads} threads");
            }
        }
    }

    #[test]
    fn many_short_jobs_follow_each_other() {
        let pool = Pool::new(3);
        let sum = AtomicUsize::new(0);
        for _ in 0..20_000 {
            pool.run(4, |task| {
                sum.fetch_add(task, Ordering::Relaxed);
            });
        }
        assert_eq!(sum.into_inner(), 20_000 * 6);
    }

    #[test]
    fn callers_on_several_threads_wait_their_turn() {
        let pool = Pool::new(2);
        let sum = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        pool.run(8, |_| {
                            sum.fetch_add(1, Ordering::Relaxed);
                        });
                    }
                });
            }
        });
        assert_eq!(sum.into_inner(), 4 * 200 * 8);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_works_on() {
        let pool = Pool::new(2);
        for _ in 0..50 {
            let failed = catch_unwind(AssertUnwindSafe(|| pool.run(64, |task| assert!(task != 13, "no luck"))));
            assert!(failed.is_err());
            let sum = AtomicUsize::new(0);
            pool.run(10, |task| {
                sum.fetch_add(task, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 45);
        }
    }
}
