//! The only reader of time, and of everything else that differs between two runs: fresh ids and random seeds.
//!
//! A debate that is replayed or resumed asks nothing here: what was read once stands in its log.

mod retry_after;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

pub use retry_after::retry_after;

/// The time as RFC 3339 in UTC with milliseconds, for instance `2026-11-23T23:05:00.000Z`.
#[must_use]
pub fn now() -> String {
    written(Timestamp::now())
}

/// When a wait that begins now will be over, as [`now`] writes it.
#[must_use]
pub fn after(wait: Duration) -> String {
    written(Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX))
}

/// When a span that ends now began, as [`now`] writes it: times of this form sort as texts.
#[must_use]
pub fn before(span: Duration) -> String {
    written(Timestamp::now().checked_sub(span).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Milliseconds since 1970-01-01 in UTC.
#[must_use]
pub fn unix_milliseconds() -> i64 {
    Timestamp::now().as_millisecond()
}

/// A new id: a UUID version 7, so that ids sort by the time they were made.
#[must_use]
pub fn fresh_id() -> String {
    Uuid::now_v7().to_string()
}

/// A seed from the operating system's random numbers, for a debate that was given none. It is written into the log,
/// and everything random in the debate follows from it.
#[must_use]
pub fn random_seed() -> u64 {
    rand::random()
}

/// A time as people write it, in this machine's time zone: `23 Nov 2026, 23:05`. What is no RFC 3339 time gives
/// `unknown date`.
#[must_use]
pub fn display_date(rfc3339: &str) -> String {
    display_date_in(rfc3339, TimeZone::system())
}

/// The day of [`display_date`], without the hour.
#[must_use]
pub fn display_day(rfc3339: &str) -> String {
    let date = display_date(rfc3339);
    date.split_once(',').map_or(date.clone(), |(day, _)| day.to_owned())
}

fn display_date_in(rfc3339: &str, zone: TimeZone) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(time) => time.to_zoned(zone).strftime("%-d %b %Y, %H:%M").to_string(),
        Err(_) => "unknown date".to_owned(),
    }
}

/// When a day like `2026-01-31` begins in this machine's time zone, RFC 3339; `None` if it is no day.
#[must_use]
pub fn day_begins(day: &str) -> Option<String> {
    let midnight = day.parse::<Date>().ok()?.to_zoned(TimeZone::system()).ok()?;
    Some(format!("{:.3}", midnight.timestamp()))
}

/// Measures how long something takes. It never goes backwards.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    started: Instant,
}

impl Stopwatch {
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the one place where time is read")]
    pub fn start() -> Stopwatch {
        Stopwatch { started: Instant::now() }
    }

    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    #[must_use]
    pub fn elapsed_milliseconds(&self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_has_milliseconds_and_is_read_back_to_the_same_moment() {
        let (before, text, after) = (unix_milliseconds(), now(), unix_milliseconds());
        assert_eq!(text.len(), "2026-11-23T23:05:00.000Z".len());
        let read = text.parse::<Timestamp>().unwrap().as_millisecond();
        assert!((before..=after).contains(&read), "{before} {text} {after}");
    }

    #[test]
    fn what_was_and_what_will_be_sort_around_now_as_texts() {
        let day = Duration::from_secs(86_400);
        assert!(before(day) < now() && now() < after(day));
        assert_eq!(after(Duration::MAX).parse::<Timestamp>().unwrap().as_second(), Timestamp::MAX.as_second());
        assert_eq!(before(Duration::MAX), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn ids_are_version_7_and_sort_by_age() {
        let ids: Vec<String> = (0..100).map(|_| fresh_id()).collect();
        assert!(ids.is_sorted());
        assert_eq!(Uuid::parse_str(&ids[0]).unwrap().get_version_num(), 7);
    }

    #[test]
    fn seeds_differ() {
        assert_ne!(random_seed(), random_seed());
    }

    #[test]
    fn a_date_is_shown_in_the_given_zone_and_nonsense_is_not_shown() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(display_date_in("2026-11-03T23:05:00.000Z", zone.clone()), "4 Nov 2026, 01:05");
        assert_eq!(display_date_in("\u{1b}[31mnow", zone), "unknown date");
        assert_eq!(display_day("2026-11-23T12:05:00Z"), "23 Nov 2026");
        assert_eq!(display_date("2026-11-23T12:05:00Z").len(), "23 Nov 2026, 12:05".len());
    }

    #[test]
    fn a_day_begins_at_midnight_and_nonsense_is_no_day() {
        let begins = day_begins("2026-01-31").unwrap();
        assert!(display_date(&begins).starts_with("31 Jan 2026, 0"), "{begins}");
        assert_eq!(day_begins("31.1.2026"), None);
    }
}
