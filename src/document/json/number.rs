//! The one spelling of a number.

/// Whether the token is exactly the text that ECMAScript prints for its value. Shortest round-trip digits are what Rust
/// prints too; only the choice between plain and exponent notation differs.
pub(crate) fn is_ecmascript_number(token: &str) -> bool {
    let Ok(value) = token.parse::<f64>() else { return false };
    if !value.is_finite() {
        return false;
    }
    if value == 0.0 {
        return token == "0";
    }
    let magnitude = value.abs();
    let expected = if (1e-6..1e21).contains(&magnitude) {
        format!("{value}")
    } else {
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
            _ => text,
        }
    };
    token == expected
}

#[cfg(test)]
mod tests {
    use super::is_ecmascript_number;

    #[test]
    fn numbers_are_accepted_in_their_one_form() {
        for token in ["0", "1", "-1", "1.5", "0.1", "1e+21", "1e-7", "123456789012345680000", "5e-324", "0.000001"] {
            assert!(is_ecmascript_number(token), "{token}");
        }
        for token in ["-0", "1.0", "1e21", "1E+21", "10e1", "0.10", "9007199254740993", "1e400", "1e-400", "0.0000001"]
        {
            assert!(!is_ecmascript_number(token), "{token}");
        }
    }
}
