//! How long a server asks to be left alone, read from the headers of its answer. No time is read for it.

use std::time::Duration;

use jiff::fmt::rfc2822;

/// The wait that an answer's headers ask for: `retry-after-ms`, or `retry-after` in seconds or as a date. `header` gives what
/// a header holds, by its name in lower case.
///
/// A date is measured from the answer's own date, so that a wrong clock on this machine does no harm.
#[must_use]
pub fn retry_after<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<Duration> {
    let text = |name: &str| header(name).map(str::trim);
    let span = |number: &str, scale: f64| {
        number.parse::<f64>().ok().and_then(|number| Duration::try_from_secs_f64(number * scale).ok())
    };
    if let Some(wait) = text("retry-after-ms").and_then(|number| span(number, 0.001)) {
        return Some(wait);
    }
    let after = text("retry-after")?;
    span(after, 1.0).or_else(|| {
        let until = rfc2822::parse(after).ok()?.timestamp();
        let from = rfc2822::parse(text("date")?).ok()?.timestamp();
        Some(Duration::from_secs(u64::try_from(until.as_second() - from.as_second()).unwrap_or(0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(headers: &[(&str, &'static str)]) -> Option<Duration> {
        retry_after(|name| headers.iter().find(|(given, _)| *given == name).map(|(_, value)| *value))
    }

    #[test]
    fn the_wait_is_read_from_milliseconds_seconds_and_dates() {
        assert_eq!(wait(&[("retry-after-ms", "1500")]), Some(Duration::from_millis(1500)));
        assert_eq!(wait(&[("retry-after", " 2 ")]), Some(Duration::from_secs(2)));
        assert_eq!(wait(&[("retry-after-ms", "20"), ("retry-after", "9")]), Some(Duration::from_millis(20)));
        let dates = [("retry-after", "Wed, 21 Oct 2026 07:28:30 GMT"), ("date", "Wed, 21 Oct 2026 07:28:00 GMT")];
        assert_eq!(wait(&dates), Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_wait_that_makes_no_sense_is_none() {
        for value in ["soon", "-3", "NaN", "inf", "Wed, 21 Oct 2026 07:28:30 GMT"] {
            assert_eq!(wait(&[("retry-after", value)]), None, "{value}");
        }
        assert_eq!(wait(&[]), None);
    }
}
