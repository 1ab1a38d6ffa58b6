"""What every page of the trainer's begins with: the right, the grant, the client."""

from typing import Annotated

from fastapi import Depends

from accounts.user import User
from handoff.views import ClientView
from web.auth import Wired, granted
from web.errors import Missing
from web.services import Services
from web.training.ports import Training


def training_of(services: Wired) -> Training:
    """The rooms behind the pages. Raises Missing where there are none."""
    if services.training is None:
        raise Missing("this process serves no pages for trainers")
    return services.training


TrainingRoom = Annotated[Training, Depends(training_of)]


async def frame(services: Services, person: User, client: str) -> ClientView:
    """The client, if it is granted to the person and has a pack. Raises Missing."""
    id = granted(person, client)  # noqa: A001
    view = (await services.clients.of([id])).get(id)
    if view is None:
        raise Missing(f"client {id} has no active pack")
    return view
