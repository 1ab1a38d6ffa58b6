"""Builds the HTTP application from what the wiring hands in."""

import os
from os import PathLike

from fastapi import Depends, FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from web import admin, alarms, display, display_links, errors, health, login, wallboard, webhooks
from web.access_log import AccessLog
from web.auth import safe
from web.dashboard import breaches
from web.dashboard import pages as dashboard_pages
from web.desk import acts as desk_acts
from web.desk import pages as desk_pages
from web.input_guard import InputGuard
from web.pages import ROOT, Pages
from web.proxies import TrustedProxies
from web.readiness import Readiness
from web.reports import pages as report_pages
from web.reports import staffing
from web.security import BodyLimit, SecurityHeaders
from web.services import Services
from web.settlement import approvals, ledger, lines, statement, today, whatif
from web.training import acts as training_acts
from web.training import inbox as training_inbox
from web.training import judging
from web.training import pages as training_pages
from web.uploads import UploadGate, is_upload


class Static(StaticFiles):
    """Static files the browser keeps and asks about: always right after an upgrade, without versioned names."""

    def file_response(
        self, full_path: PathLike[str] | str, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app(services: Services) -> FastAPI:
    """The whole web: pages, desk, dashboards, webhooks, the web chat if there is one, health."""
    app = FastAPI(title="Switchboard", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.state.pages = Pages()
    app.state.readiness = Readiness(services.readiness)
    errors.install(app)
    for router in (
        login.router,
        desk_pages.router,
        desk_acts.router,
        dashboard_pages.router,
        breaches.router,
        report_pages.router,
        staffing.router,
        lines.router,
        today.router,
        statement.router,
        ledger.router,
        approvals.router,
        whatif.router,
        wallboard.router,
        display_links.router,
        display.router,
        alarms.router,
        training_pages.router,
        training_acts.router,
        judging.router,
        training_inbox.router,
        admin.router,
    ):
        app.include_router(router, dependencies=[Depends(safe)])
    app.include_router(health.router)
    app.include_router(webhooks.router(services.webhooks))
    if services.chat is not None:
        app.include_router(services.chat)
    app.mount("/static", Static(directory=ROOT / "static"), name="static")
    app.add_middleware(UploadGate, limit=services.upload_limit)
    app.add_middleware(InputGuard)
    app.add_middleware(BodyLimit, limit=services.body_limit, upload_limit=services.upload_limit, is_upload=is_upload)
    app.add_middleware(SecurityHeaders, secure=services.secure)
    app.add_middleware(AccessLog, registry=services.registry)
    app.add_middleware(TrustedProxies, networks=services.proxies, sightings=services.sightings)
    return app
