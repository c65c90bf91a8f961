//! Times as documents write them: RFC 3339 and nothing else (documents.md §6.3, §11 hazard 34).

/// Seconds since the Unix epoch of an RFC 3339 date-time; fractions of a second are left out. Every other text is none:
/// a date without a zone has no one meaning, and what stands behind a time may change it for another reader.
pub(crate) fn rfc3339_seconds(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let at = |index: usize, wanted: &[u8]| bytes.get(index).is_some_and(|byte| wanted.contains(byte));
    let date = digits(0..4) && at(4, b"-") && digits(5..7) && at(7, b"-") && digits(8..10) && at(10, b"Tt");
    let time = digits(11..13) && at(13, b":") && digits(14..16) && at(16, b":") && digits(17..19);
    let (whole, rest) = (text.get(..19)?, text.get(19..)?);
    let zone = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if zone.len() == fraction.len() {
                return None;
            }
            zone
        }
    };
    let offset = zone.as_bytes();
    let is_zone = matches!(offset, [b'Z' | b'z'])
        || matches!(offset, [b'+' | b'-', h1, h2, b':', m1, m2]
            if [h1, h2, m1, m2].iter().all(|digit| digit.is_ascii_digit())
                && (*h1, *h2) <= (b'2', b'3') && *m1 <= b'5');
    if !(date && time && is_zone) {
        return None;
    }
    // Only the grammar was looked at so far; whether there is such a day, jiff knows.
    format!("{whole}{zone}").parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::rfc3339_seconds;

    #[test]
    fn only_whole_date_times_with_a_zone_are_times() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01t00:00:01z", 1),
            ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31T23:59:59.999-00:00", -1),
            ("2026-03-01T08:00:00.1234567891234Z", 1_772_352_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800),
        ] {
            assert_eq!(rfc3339_seconds(text), Some(seconds), "{text}");
        }
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T08:00:00",
            "2026-03-01 08:00:00Z",
            "2026-03-01T08:00Z",
            "2026-03-01T08Z",
            "20260301T080000Z",
            "2026-03-01T08:00:00.Z",
            "2026-03-01T08:00:00,5Z",
            "2026-03-01T08:00:00+0100",
            "2026-03-01T08:00:00+01",
            "2026-03-01T08:00:00+24:00",
            "2026-03-01T08:00:00+01:60",
            "2026-03-01T08:00:00+00:00[UTC]",
            "2026-03-01T08:00:00Z[Europe/Berlin]",
            "2026-03-01T08:00:00Z ",
            " 2026-03-01T08:00:00Z",
            "+002026-03-01T08:00:00Z",
            "-02026-03-01T08:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-03-01T24:00:00Z",
            "２026-03-01T08:00:00Z",
            "1772352000",
            "Sun, 01 Mar 2026 08:00:00 GMT",
        ] {
            assert_eq!(rfc3339_seconds(text), None, "{text}");
        }
    }
}
