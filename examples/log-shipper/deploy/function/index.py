"""A function that prints a line: what the extension beside it ships."""


def handler(event, context):
    print(f"order {event.get('order', 17)}")
    return {"shipped": True}
