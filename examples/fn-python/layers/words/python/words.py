"""Tells good words from bad ones. It is a layer: several functions can share it."""

GOOD = {'fast', 'fine', 'friendly', 'good', 'great'}
BAD = {'bad', 'broken', 'late', 'rude', 'slow'}


def score(text):
    """Good words less bad ones."""
    words = [word.strip('.,;!?').lower() for word in text.split()]
    return sum((word in GOOD) - (word in BAD) for word in words)
