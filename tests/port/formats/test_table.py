"""The table of formats, and what the folder may import."""

from __future__ import annotations

from pathlib import Path

import unified_nn.port.formats as formats


def test_names_and_extensions_are_unique():
    names = [format.name for format in formats.FORMATS]
    extensions = [extension for format in formats.FORMATS for extension in format.extensions]
    assert len(set(names)) == len(names)
    assert len(set(extensions)) == len(extensions)
    assert all(extension.startswith(".") and extension.islower() for extension in extensions)


def test_every_module_with_a_format_is_in_the_table():
    files = [file for file in Path(formats.__file__).parent.glob("*.py") if "\nFORMAT = " in file.read_text()]
    assert len(files) == len(formats.FORMATS)


def test_only_errors_of_unified_nn_are_imported():
    folder = Path(formats.__file__).parent
    lines = [line for file in folder.glob("*.py") for line in file.read_text().splitlines() if "unified_nn" in line]
    imported = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    assert {name for name in imported if not name.startswith("unified_nn.port.formats")} == {"unified_nn.errors"}
