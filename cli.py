"""Operators' commands: `python cli.py COMMAND`; `--help` lists them."""

import os
import sys

import typer

import settings as configuration
from commands import check, database, keys, mails, newsletter, quota, secrets, usage, users, work
from core.errors import ApiError
from settings import Settings

app = typer.Typer(
    help="Commands for operators. They work on the database itself, beside a running server or without one.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("settings")
def list_settings() -> None:
    """List every setting with its default and its meaning."""
    for name, field in Settings.model_fields.items():
        default = "" if field.default in ("", None) else f" [{field.default}]"
        print(f"FREESEWING_{name.upper()}{default}\n    {field.description}")


for command in (
    check.check,
    database.migrate,
    database.seed,
    database.hash_addresses,
    secrets.reencrypt,
    secrets.accept_secret_key,
    newsletter.subscribers,
):
    app.command()(command)
for name, group in {
    "users": users.app,
    "keys": keys.app,
    "usage": usage.app,
    "quota": quota.app,
    "mails": mails.app,
}.items():
    app.add_typer(group, name=name)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: 0 if it was done, 1 if not, 2 if it was not understood."""
    os.umask(configuration.UMASK)
    try:
        app(arguments)
    except (configuration.SettingsInvalid, work.Failed, ApiError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
