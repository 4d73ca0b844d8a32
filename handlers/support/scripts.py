"""Whether the characters of a name belong to one script (Unicode Technical Standard 39, section 5.2)."""

# Scripts in modern use (Unicode Standard Annex 31, table 5).
SCRIPTS = """
    Arab Armn Beng Bopo Cyrl Deva Ethi Geor Grek Gujr Guru Hang Hani Hebr Hira
    Kana Khmr Knda Laoo Latn Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt
"""
# Those that one language writes together: Japanese, Chinese and Korean, each with Latin letters.
TOGETHER = ("Latn Hani Hira Kana", "Latn Hani Bopo", "Latn Hani Hang")
# Of signs that all scripts share, and of marks that take the script of their letter.
ANY = frozenset(("Zyyy", "Zinh"))
WRITING_SYSTEMS = [ANY | frozenset(system.split()) for system in (*TOGETHER, *SCRIPTS.split())]
# Latin letters elsewhere are phonetic signs, many of which look like another letter.
LATIN_BLOCKS = frozenset(
    ("Basic Latin", "Latin-1 Supplement", "Latin Extended-A", "Latin Extended-B", "Latin Extended Additional")
)


def fit_together(name: str) -> bool:
    """Return whether one writing system in modern use has all the letters of a name (in NFKC)."""
    if name.isascii():
        return True
    from fontTools.unicodedata import block, script, script_extension

    if any(script(character) == "Latn" and block(character) not in LATIN_BLOCKS for character in name):
        return False
    found = [script_extension(character) for character in name]
    return any(all(scripts & system for scripts in found) for system in WRITING_SYSTEMS)
