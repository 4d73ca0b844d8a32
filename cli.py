"""Operators' commands: `python cli.py <command>`; `--help` lists them."""

import argparse
import sys

import settings as configuration
from storage import migrate


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = argparse.ArgumentParser(prog="cli.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database to the schema of this version (safe to repeat)")
    commands.add_parser("settings", help="list every setting with its default and its meaning")
    return {"migrate": _migrate, "settings": _settings}[parser.parse_args(arguments).command]()


def _migrate() -> int:
    try:
        migrate.upgrade(configuration.load().database_url)
    except configuration.SettingsInvalid as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _settings() -> int:
    for name, field in configuration.Settings.model_fields.items():
        print(f"FREESEWING_{name.upper():<18} {str(field.default) or '(see text)':<38} {field.description}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
