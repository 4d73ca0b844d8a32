"""`python -m tests.contract.promises`: write `docs/promises.md` from the data."""

from tests.contract.promises.table import PAGE, rendered


def main() -> None:
    """Write the page."""
    PAGE.write_text(rendered(), encoding="utf-8")


if __name__ == "__main__":
    main()
