"""Rules for sentences that promise nothing and need no entry: titles and names."""

import re

# A short sentence with one of these words may state behaviour.
_SAYS_MORE = re.compile(
    r"\b(is|are|was|were|be|been|has|have|had|can|cannot|may|must|shall|will|does|do|did|gets?|holds?|stays?|ends?"
    r"|takes?|needs?|gives?|goes|keeps?|kept|shows?|shown|makes?|made|answers?|returns?|rejected|refused|ignored"
    r"|accepted|stored|left|only|never|always|most|least|without|unless|if|null|else|once|every|each|first|last|oldest"
    r"|newest|order|default|empty|merged|none|no|not|turns?|expires?|for anyone)\b|\d|`",
    re.IGNORECASE,
)
MOST_WORDS = 8
MEASUREMENTS = "components/schemas/Measurements/properties/"
CODES = "components/schemas/ErrorCode"


def rule(sentence: str, places: list[str]) -> str:
    """Return why this sentence promises nothing; empty if no rule applies."""
    if all("/responses/" in place for place in places) and not sentence.endswith("."):
        return "the title of a response"
    if all(place.startswith(MEASUREMENTS) for place in places):
        return "how to take a measurement"
    if sentence.startswith("|") and all(CODES in place for place in places):
        return "the meaning of an error code"
    named = all(place.startswith("components/") for place in places)
    if named and len(sentence.split()) <= MOST_WORDS and not _SAYS_MORE.search(sentence):
        return "the name of a thing"
    return ""
