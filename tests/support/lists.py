"""Lists of the API (API.md "Conventions")."""


def pages(client, path):
    """All items of a list, page by page; `path` has a query."""
    items, cursor = [], None
    while True:
        query = f"&cursor={cursor}" if cursor else ""
        document = client.get(path + query, expect=200).json()
        assert set(document) == {"items", "next_cursor"}
        items += document["items"]
        cursor = document["next_cursor"]
        if cursor is None:
            return items
