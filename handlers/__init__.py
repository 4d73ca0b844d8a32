"""One module a tag of the document, one function an operation.

A handler takes decoded arguments, calls storage and services, and returns a reply. The caller's level was settled by
`security`, the request's form by the document; what is left is the use case, said in the order in which it happens.
"""
