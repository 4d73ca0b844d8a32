"""What spreadsheets make of a CSV file."""

# A spreadsheet takes what begins so for a formula, and a formula can send data away.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(text: str) -> str:
    """The text, with a `'` before it where a spreadsheet would carry it out."""
    return f"'{text}" if text.startswith(FORMULAS) else text
