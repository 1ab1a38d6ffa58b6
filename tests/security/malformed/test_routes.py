"""Every route × every method × every parameter it declares × what no text, number or date is: never a 5xx.

The routes are those of the application object over a real platform; a new one is covered as soon as it is there.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pytest
from fastapi import FastAPI

from accounts.user import Role
from tests.security.malformed.site import Found, Person, Site, sign_in
from tests.security.malformed.values import (
    BY_KIND,
    BY_NAME,
    FEW,
    FORM_TYPE,
    MONTHS,
    NUMBERS,
    RAW,
    TERMS,
    TEXTS,
    UNDECLARED,
)
from tests.security.requests import Answer, Endpoint, Taken, call, encoded, endpoints


def ordered(app: FastAPI) -> list[Endpoint]:
    """Signing out comes last, signing in before (it takes its time)."""
    return sorted(endpoints(app), key=lambda e: (e.path == "/logout", e.path == "/login", e.path, e.method))


def values_for(taken: Taken) -> Sequence[str]:
    """What this parameter could break on."""
    if taken.choices or taken.name in ("email", "password", "code"):
        return FEW
    return BY_KIND.get(taken.kind, (*TEXTS, *BY_NAME.get(taken.name, ("1" + "0" * 400,))))


def one_by_one(endpoint: Endpoint, honest: Mapping[str, str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What is wrong, the address, and the form."""
    form = {t.name: t.choices[0] if t.choices else "1" for t in endpoint.form if t.name != "files"}
    for name in endpoint.places:
        for value in (*map(encoded, values_for(endpoint.types.get(name, Taken(name, "str")))), *RAW):
            if value:
                yield f"{name}={value[:60]!r}", endpoint.address({**honest, name: value}), form
    for taken in endpoint.query:
        for value in (*map(encoded, values_for(taken)), *RAW):
            yield f"?{taken.name}={value[:60]!r}", f"{endpoint.address(honest)}?{taken.name}={value}", form
    for taken in endpoint.form:
        for value in values_for(taken) if taken.name in form else ():
            yield f"form {taken.name}={value[:60]!r}", endpoint.address(honest), {**form, taken.name: value}


def all_at_once(
    endpoint: Endpoint, honest: Mapping[str, str], values: Sequence[str]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The same value everywhere but in the path, also in what a route reads without declaring it."""
    names = [*(t.name for t in endpoint.query if not t.choices), *UNDECLARED]
    for value in values:
        query = "&".join(f"{name}={encoded(value)}" for name in names)
        form = {name: value for name in (*(t.name for t in endpoint.form), *UNDECLARED) if name != "files"}
        yield f"all={value[:60]!r}", f"{endpoint.address(honest)}?{query[:7_900]}", form


async def send(site: Site, person: Person, endpoint: Endpoint, address: str, form: Mapping[str, str]) -> Answer:
    path, _, query = address.partition("?")
    headers = list(person.headers)
    body = b""
    if endpoint.method == "POST":
        body = "&".join(f"{encoded(k)}={encoded(v)}" for k, v in form.items()).encode()
        headers.append((b"content-type", FORM_TYPE))
    return await call(site.app, endpoint.method, path, query=query, headers=headers, body=body)


@pytest.mark.timeout(400)
async def test_no_route_breaks_on_any_value_of_its_parameters(site: Site) -> None:
    found, honest = Found(), Counter[int]()
    known = ordered(site.app)
    assert len(known) > 80
    everybody = await sign_in(site, "everything", *Role)
    for told, address, form in terms():
        found.add(told, await call(site.app, "GET", address, query=form, headers=everybody.headers))
    for endpoint in known:
        values = site.honest(endpoint)
        answer = await send(site, everybody, endpoint, endpoint.address(values), {})
        honest[answer.status] += 1
        for told, address, form in one_by_one(endpoint, values):
            found.add(f"{endpoint.method} {endpoint.path} {told}", await send(site, everybody, endpoint, address, form))
    for role in Role:
        person = await sign_in(site, str(role), role)
        for endpoint in known:
            for told, address, form in all_at_once(endpoint, site.honest(endpoint), FEW[-2:-1]):
                answer = await send(site, person, endpoint, address, form)
                found.add(f"{role} {endpoint.method} {endpoint.path} {told}", answer)
    assert found.told() == ""
    assert honest[200] > 50, f"honest values must get through to what lies behind the routes: {honest}"
    assert found.answers[400] > 500
    assert found.answers[422] > 300


def terms() -> Iterator[tuple[str, str, str]]:
    """The what-if page reads its terms from the address by itself."""
    for name in ("first_response", "resolution", "objective", "hours", "month", "calendar"):
        for value in (*TERMS, *MONTHS, *NUMBERS[:6]):
            chosen = "&calendar=own" if name == "hours" else ""
            query = f"{name}={encoded(value)}{chosen}"[:7_900]
            yield f"what-if {query[:80]}", "/dashboard/alpenrad/what-if", query
