"""Operators' commands: `python cli.py <command>`; `--help` lists them."""

import argparse
import os
import sys
from typing import Any

import settings as configuration
from commands import database, keys, newsletter, quota, secrets, usage, users, work
from errors import Fact
from settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    os.umask(configuration.UMASK)
    options = _parser().parse_args(arguments)
    try:
        settings = configuration.load()
        options.run(settings, options)
    except (configuration.SettingsInvalid, work.Failed, Fact) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cli.py", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    database.add(commands)
    secrets.add(commands)
    work.command(commands, "settings", _settings, "list every setting with its default and its meaning")
    newsletter.add(commands)
    users.add(commands)
    keys.add(commands)
    usage.add(commands)
    quota.add(commands)
    return parser


def _settings(_settings: Settings, _options: Any) -> None:
    for name, field in Settings.model_fields.items():
        default = "" if field.default in ("", None) else f" [{field.default}]"
        print(f"FREESEWING_{name.upper()}{default}\n    {field.description}")


if __name__ == "__main__":
    sys.exit(main())
