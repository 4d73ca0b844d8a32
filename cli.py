"""Operators' commands: `python cli.py <command>`; `--help` lists them."""

import argparse
import os
import sys
from typing import Any

import settings as configuration
from commands import check, database, keys, mails, newsletter, quota, secrets, usage, users, work
from core.errors import Fact
from settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    os.umask(configuration.UMASK)
    options = _parser().parse_args(arguments)
    try:
        settings = configuration.load() if options.needs_settings else None
        return options.run(settings, options) or 0
    except (configuration.SettingsInvalid, work.Failed, Fact) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # as a shell says of a program that SIGINT ended
    except BrokenPipeError:  # the reader, `head` for instance, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cli.py", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    database.add(commands)
    secrets.add(commands)
    check.add(commands)
    text = "list every setting with its default and its meaning"
    work.command(commands, "settings", _settings, text, needs_settings=False)
    newsletter.add(commands)
    users.add(commands)
    keys.add(commands)
    usage.add(commands)
    quota.add(commands)
    mails.add(commands)
    return parser


def _settings(_settings: None, _options: Any) -> None:
    for name, field in Settings.model_fields.items():
        default = "" if field.default in ("", None) else f" [{field.default}]"
        print(f"FREESEWING_{name.upper()}{default}\n    {field.description}")


if __name__ == "__main__":
    sys.exit(main())
