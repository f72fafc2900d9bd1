//! Instants as people write them: seconds since 1970, or dates of RFC 3339.

/// Seconds since 1970 of `1700000000`, `2026-11-26`, `2026-11-26T23:00:00Z` or `2026-11-26 23:00:00+01:00`. A date without a
/// time is its first second, in UTC. Fractions of seconds and years before 1970 are not taken.
pub fn parse(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (date, time) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let days = days(year, month, day)?;
    let Some(time) = time.strip_prefix(['T', 't', ' ']) else {
        return time.is_empty().then_some(days * 86_400);
    };
    let (clock, zone) = time.split_at_checked(8)?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    // 60 is a leap second, which the count of seconds does not have: it is the first one of the next minute.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let local = days * 86_400 + hour * 3600 + minute * 60 + second;
    match zone.split_at_checked(1)? {
        ("Z" | "z", "") => Some(local),
        (sign @ ("+" | "-"), zone) => {
            let [hours, minutes] = numbers(zone, ':', [2, 2])?;
            let east = (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)?;
            if sign == "+" { local.checked_sub(east) } else { Some(local + east) }
        }
        _ => None,
    }
}

/// Numbers of so many digits, with a mark between.
fn numbers<const N: usize>(text: &str, mark: char, digits: [usize; N]) -> Option<[u64; N]> {
    let parts: Vec<&str> = text.split(mark).collect();
    let parts: [&str; N] = parts.try_into().ok()?;
    let good =
        |(part, digits): (&&str, usize)| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
    if !parts.iter().zip(digits).all(good) {
        return None;
    }
    let numbers: Vec<u64> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    numbers.try_into().ok()
}

/// Days from 1970-01-01 to a date that exists.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month.checked_sub(1)?).ok()?;
    let length = *months.get(before)?;
    if year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    let years: u64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    Some(years + months[..before].iter().sum::<u64>() + day - 1)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn seconds_and_dates() {
        for (text, seconds) in [
            ("0", 0),
            ("1700000000", 1_700_000_000),
            ("18446744073709551615", u64::MAX),
            ("1970-01-01", 0),
            ("2000-03-01", 951_868_800),
            ("2023-11-14T22:13:20Z", 1_700_000_000),
            ("2023-11-14 23:13:20+01:00", 1_700_000_000),
            ("2023-11-14t18:43:20-03:30", 1_700_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_instant() {
        for text in [
            "",
            "-1",
            "1.5",
            "18446744073709551616",
            "now",
            "1969-12-31",
            "2023-02-29",
            "2100-02-29",
            "2023-00-10",
            "2023-13-10",
            "2023-01-00",
            "2023-1-10",
            "+023-01-10",
            "2023-01-10T",
            "2023-01-10T10:00:00",
            "2023-01-10T24:00:00Z",
            "2023-01-10T10:60:00Z",
            "2023-01-10T10:00:61Z",
            "2023-01-10T10:00:00Zulu",
            "2023-01-10T10:00:00.5Z",
            "2023-01-10T10:00:00+24:00",
            "1970-01-01T00:00:00+00:01",
            "２０23-01-10",
            "2023-01-1é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
