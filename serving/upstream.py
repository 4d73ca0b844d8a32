"""What we ask of uvicorn that it does not offer: its server without its command line, which takes 2 MB."""

from core.loading import set_aside

with set_aside("uvicorn.main", "Server", "main", "run"):
    from uvicorn.config import Config as Config
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware as ProxyHeadersMiddleware
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as HttpToolsProtocol
    from uvicorn.server import Server as UvicornServer
    from uvicorn.server import ServerState as ServerState

__all__ = ["Config", "HttpToolsProtocol", "ProxyHeadersMiddleware", "ServerState", "UvicornServer"]
