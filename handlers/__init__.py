"""One module a tag of the document, one function an operation.

A handler takes decoded arguments, calls storage and services, and returns a reply. `security` has checked the access
level, and the request was validated against the document. A handler states the use case, in the order of its steps.
"""
