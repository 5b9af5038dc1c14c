//! Days and months of a time in seconds since 1970, in UTC.

const SECONDS_OF_A_DAY: i64 = 86_400;

/// The parts of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// 1 to 12.
    pub(super) month: i64,
    /// 1 to 31.
    pub(super) day: i64,
    /// 0 on Sundays.
    pub(super) weekday: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
}

impl Date {
    /// The date of a time; parts of a second do not count.
    pub(super) const fn of(seconds: i64) -> Self {
        let (days, second) = (seconds.div_euclid(SECONDS_OF_A_DAY), seconds.rem_euclid(SECONDS_OF_A_DAY));
        // In years that begin with March, the leap day is the last one, and months have a regular pattern of lengths
        // (H. Hinnant, "chrono-compatible low-level date algorithms").
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        Self {
            year,
            month,
            day,
            weekday: (days + 4).rem_euclid(7),
            hour: second / 3_600,
            minute: second / 60 % 60,
        }
    }

    /// 1 to 366.
    pub(super) fn day_of_year(self) -> i64 {
        let before: i64 = (1..self.month).map(|month| days_of(self.year, month)).sum();
        before + self.day
    }

    /// 28 to 31.
    pub(super) const fn days_in_month(self) -> i64 {
        days_of(self.year, self.month)
    }
}

const fn days_of(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_an_almanac_has() {
        let date = |year, month, day, weekday, hour, minute| Date { year, month, day, weekday, hour, minute };
        assert_eq!(Date::of(0), date(1970, 1, 1, 4, 0, 0));
        assert_eq!(Date::of(-1), date(1969, 12, 31, 3, 23, 59));
        // date -u -d @951782400 and the others
        assert_eq!(Date::of(951_782_400), date(2000, 2, 29, 2, 0, 0));
        assert_eq!(Date::of(1_709_251_199), date(2024, 2, 29, 4, 23, 59));
        assert_eq!(Date::of(4_107_542_400), date(2100, 3, 1, 1, 0, 0));
    }

    #[test]
    fn days_of_years_and_months() {
        assert_eq!(
            (Date::of(1_709_251_199).day_of_year(), Date::of(1_709_251_199).days_in_month()),
            (60, 29)
        );
        assert_eq!(
            (Date::of(1_735_603_200).day_of_year(), Date::of(1_735_603_200).days_in_month()),
            (366, 31)
        );
        assert_eq!(Date::of(4_107_542_400).day_of_year(), 60);
    }
}
