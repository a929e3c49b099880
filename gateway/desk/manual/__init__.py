"""The page of calls: the OpenAPI document as people read it, made by the server, with no script in it."""
