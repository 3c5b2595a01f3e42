//! What can be typed about the books.

use clap::Args as Group;
use jiff::civil::Date;

#[derive(Group)]
pub(crate) struct Books {
    /// Which month, such as 2026-11.
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    pub(crate) month: Date,
    /// Every line of it, as comma-separated values.
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Group)]
pub(crate) struct Audit {
    /// The first day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) since: Date,
    /// The last day. Otherwise today.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) until: Option<Date>,
}

/// The first day of a month.
fn month(text: &str) -> Result<Date, String> {
    let is_month = text.len() == 7 && text.as_bytes().get(4) == Some(&b'-');
    let first = if is_month { format!("{text}-01").parse().ok() } else { None };
    first.ok_or_else(|| "say it as 2026-11".to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::month;

    #[test]
    fn a_month_is_written_in_one_way() {
        assert_eq!(month("2026-11"), Ok(date(2026, 11, 1)));
        for wrong in ["", "2026", "2026-13", "11-2026", "2026-11-01", "2026/11", "2026-1"] {
            assert!(month(wrong).is_err(), "{wrong}");
        }
    }
}
