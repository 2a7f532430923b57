"""What a server says at `/`: its name, what it is for, and where its documentation is."""

from fastapi import FastAPI
from fastapi.routing import APIRoute


def introduce(app: FastAPI, **facts: object) -> None:
    """Adds `GET /`, behind all other routes of the application; `facts` are further things to say, such as the model."""
    about = {
        "service": app.title,
        "description": app.description,
        **facts,
        "docs": app.docs_url or app.openapi_url,
        "openapi": app.openapi_url,
        "endpoints": [f"{method} {route.path}" for route in app.routes if isinstance(route, APIRoute) for method in sorted(route.methods)],
    }

    @app.get("/")
    async def root() -> dict[str, object]:
        return about
