//! The line of jobs before a model: live speech goes before background judging.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Who is waiting for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Somebody is watching.
    Live,
    Background,
}

/// A line with two priorities, first come first served within each.
pub struct Queue<T> {
    lines: Mutex<Lines<T>>,
    changed: Condvar,
}

struct Lines<T> {
    live: VecDeque<T>,
    background: VecDeque<T>,
    closed: bool,
}

impl<T> Lines<T> {
    fn next(&mut self, picked: impl Fn(Priority, &T) -> bool) -> Option<(Priority, T)> {
        let lines = [(Priority::Live, &mut self.live), (Priority::Background, &mut self.background)];
        let (priority, line) = lines.into_iter().find(|(_, line)| !line.is_empty())?;
        line.pop_front_if(|job| picked(priority, job)).map(|job| (priority, job))
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        let lines = Lines { live: VecDeque::new(), background: VecDeque::new(), closed: false };
        Queue { lines: Mutex::new(lines), changed: Condvar::new() }
    }
}

impl<T> Queue<T> {
    /// Adds a job at the end of its line.
    pub fn push(&self, priority: Priority, job: T) {
        let mut lines = self.lock();
        match priority {
            Priority::Live => lines.live.push_back(job),
            Priority::Background => lines.background.push_back(job),
        }
        self.changed.notify_one();
    }

    /// Waits for the next job; `None` once the queue is closed and empty.
    pub fn pop(&self) -> Option<(Priority, T)> {
        let mut lines = self.lock();
        loop {
            if let Some(next) = lines.next(|_, _| true) {
                return Some(next);
            }
            if lines.closed {
                return None;
            }
            lines = self.changed.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next job, if there is one and it is picked; whoever stands behind one that is not has to wait with it.
    pub fn pop_if(&self, picked: impl Fn(Priority, &T) -> bool) -> Option<(Priority, T)> {
        self.lock().next(picked)
    }

    /// Takes all jobs out of the line for which `picked` holds.
    pub fn take_where(&self, picked: impl Fn(&T) -> bool) -> Vec<T> {
        let mut lines = self.lock();
        let mut taken = Vec::new();
        let Lines { live, background, .. } = &mut *lines;
        for line in [live, background] {
            if line.iter().any(&picked) {
                let (out, kept) = line.drain(..).partition::<Vec<T>, _>(&picked);
                taken.extend(out);
                line.extend(kept);
            }
        }
        taken
    }

    /// Lets the jobs in line be done and the worker go home after them.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// No code can panic while it holds the lock, so a poisoned lock is sound.
    fn lock(&self) -> MutexGuard<'_, Lines<T>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_jobs_go_first_and_each_line_keeps_its_order() {
        let queue = Queue::default();
        for (priority, job) in
            [(Priority::Background, 1), (Priority::Live, 2), (Priority::Background, 3), (Priority::Live, 4)]
        {
            queue.push(priority, job);
        }
        queue.close();
        let order: Vec<i32> = std::iter::from_fn(|| queue.pop()).map(|(_, job)| job).collect();
        assert_eq!(order, [2, 4, 1, 3]);
    }

    #[test]
    fn a_closed_queue_wakes_who_waits() {
        let queue = Queue::<u8>::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.pop());
            queue.close();
            assert_eq!(waiting.join().unwrap(), None);
        });
    }

    #[test]
    fn jobs_can_leave_the_line() {
        let queue = Queue::default();
        for job in 0..6 {
            queue.push(if job < 3 { Priority::Live } else { Priority::Background }, job);
        }
        assert_eq!(queue.take_where(|job| job % 2 == 1), [1, 3, 5]);
        queue.close();
        assert_eq!(std::iter::from_fn(|| queue.pop()).map(|(_, job)| job).collect::<Vec<i32>>(), [0, 2, 4]);
    }

    #[test]
    fn a_job_that_is_not_picked_keeps_its_place() {
        let queue = Queue::default();
        queue.push(Priority::Live, 7);
        queue.push(Priority::Background, 8);
        assert_eq!(queue.pop_if(|_, &job| job == 8), None);
        assert_eq!(queue.pop_if(|_, &job| job == 7), Some((Priority::Live, 7)));
        assert_eq!(queue.pop_if(|_, &job| job == 8), Some((Priority::Background, 8)));
        assert_eq!(queue.pop_if(|_, _| true), None);
    }
}
