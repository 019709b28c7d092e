"""A cell's value as its sheet shows it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from ingestion.readers.shown import shown


@pytest.mark.parametrize(
    ("value", "number_format", "says"),
    [
        (5, "General", "5"),
        (5.0, "General", "5"),
        (0.1 + 0.2, "General", "0.3"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (0.05, "0%", "5%"),
        (0.0525, "0.0#%", "5.25%"),
        (0.05, "0.0#%", "5.0%"),
        (12.5, '"£"#,##0.00', "£12.50"),
        (12.5, "[$€-407] #,##0.00", "€ 12.50"),
        (12.5, "#,##0.00\\ [$€-1]", "12.50 €"),
        (-12.5, '"$"#,##0.00_);("$"#,##0.00)', "($12.50)"),
        (-3, '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)', "$(3.00)"),
        (0, '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"_);_(@_)', "$-"),
        (1_500_000, '0.0,,"m"', "1.5m"),
        (7, '0 "years"', "7 years"),
        (7, "000", "007"),
        (0.000012, "0.00E+00", "1.20E-05"),
        (3, ";;;", ""),
        (-3, "0", "-3"),
        (-3, "0;[Red]-0", "-3"),
        (True, "General", "TRUE"),
        (None, "0", ""),
        ("#N/A", "General", ""),
        ("text", "@", "text"),
        (datetime(2026, 3, 1, tzinfo=UTC), "dd/mm/yyyy", "1 March 2026"),
        (date(2026, 3, 1), "mmm-yy", "March 2026"),
        (datetime(2026, 3, 1, 14, 30, tzinfo=UTC), "dd/mm/yyyy hh:mm", "1 March 2026 14:30"),
        (time(9, 5), "hh:mm", "09:05"),
        (timedelta(hours=30, minutes=5), "[h]:mm", "30:05"),
    ],
)
def test_a_value_is_written_as_the_sheet_shows_it(value: object, number_format: str, says: str) -> None:
    assert shown(value, number_format) == says
