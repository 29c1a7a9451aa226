import json


def handler(event, context):
    """Called for each event. Bytes and text go to the caller as they are, everything else as JSON."""
    # The event comes as bytes, whatever they are; here they are JSON.
    guest = json.loads(event or b'{}')
    name = guest.get('name', 'world')
    print(f'greeting {name}')
    return {'greeting': f'Hello, {name}!', 'requestId': context.request_id}
