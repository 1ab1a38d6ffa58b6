"""What an operator can get wrong is told in one line; anything else is ours and keeps its traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.cli.output import refuse


@contextmanager
def told_in_a_line() -> Iterator[None]:
    """Ends the command with exit code 2 for settings that cannot be read or used, for a database that is not ready or
    does not answer, and for what cannot be done to a person.
    """
    from pydantic import ValidationError

    from accounts.errors import AccountsError
    from app.settings import Settings, SettingsError
    from storage.errors import StorageError

    try:
        yield
    except (SettingsError, StorageError, AccountsError) as error:
        refuse(str(error))
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        first = error.errors(include_input=False)[0]
        refuse(f"SWITCHBOARD_{'_'.join(map(str, first['loc'])).upper()}: {first['msg']}")
    except ConnectionError as error:
        refuse(f"the database does not answer ({error}); mend SWITCHBOARD_DATABASE_URL, or ask switchboard doctor")
