"""The signed-in person as the desk's use cases see them."""

from accounts.user import Right, User
from handoff.agent import Agent


def desk_agent(user: User) -> Agent:
    """The agent whom a user is at the desk."""
    return Agent(
        id=user.id,
        name=user.name,
        clients=user.clients,
        capacity=user.capacity,
        skills=user.skills,
        languages=user.languages,
        supervises=user.may(Right.SUPERVISE),
    )
