"""Scores reviews by their words."""

import json

# From the layer, which is unpacked to /opt/python.
import words


def handler(event, context):
    """`event` is the review, as bytes of JSON; what is returned is written as JSON."""
    review = json.loads(event)
    score = words.score(review['text'])
    print(f"review {review['id']} scores {score}")
    return {'review': review['id'], 'score': score}
