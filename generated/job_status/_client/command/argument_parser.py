# Generated from scripts/client/command/argument_parser.py by `make generate`; do not edit.

"""A parser that takes everything after `--` as it is, and that writes parsed arguments as a command again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from .values import STDIN

OPERAND: Final = "\0"  # marks an argument after `--`; no argument of a process contains it


class Parser(argparse.ArgumentParser):
    """A parser of options and positional arguments in any order."""

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        """Add an argument."""
        if not names[0].startswith("-"):
            settings.setdefault("type", _operand)
        return super().add_argument(*names, **settings)

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """Parse arguments; what follows `--` is no option."""
        end = argv.index("--") if "--" in argv else len(argv)
        return self.parse_intermixed_args([*argv[:end], *(f"{OPERAND}{one}" for one in argv[end + 1 :])])

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and exit."""
        super().error(message.replace(OPERAND, ""))

    def written(self, given: Mapping[str, Any]) -> list[str]:
        """Return the arguments that this parser parses to these values, without its defaults."""
        operands: list[str] = []
        options: list[str] = []
        for action in self._actions:
            value = given.get(action.dest)
            if value is None or value == action.default:
                continue
            values = [_text(one) for one in (value if isinstance(value, list) else [value])]
            if not action.option_strings:
                operands += values
            elif isinstance(action, argparse.BooleanOptionalAction):
                options.append(action.option_strings[0 if value else 1])
            elif action.nargs != 0:
                for one in values:
                    name = action.option_strings[0]
                    options += [f"{name}={one}"] if _is_like_an_option(one) else [name, one]
            elif value == action.const:
                options.append(action.option_strings[0])
        return [*options, "--", *operands] if any(map(_is_like_an_option, operands)) else [*operands, *options]


def _operand(text: str) -> str:
    return text.removeprefix(OPERAND)


def _is_like_an_option(text: str) -> bool:
    return text.startswith("-") and text != STDIN


def _text(value: Any) -> str:
    if isinstance(value, float):  # no exponent, which durations do not have
        return f"{value:.9f}".rstrip("0").rstrip(".")
    return value if isinstance(value, str) else json.dumps(value)
