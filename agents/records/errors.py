"""What can go wrong with records, each with one sentence for the person who meets it."""


class RecordsError(Exception):
    """Anything the records room refuses; `str(error)` is a sentence to show as it is."""


class DatabaseUnavailable(RecordsError):
    """The database cannot be opened, read or written."""


class WriteRefused(DatabaseUnavailable):
    """The database works and does not take this, nor would it later: a constraint or a trigger of its own."""


class SchemaOutOfDate(RecordsError):
    """The database is older than this SalesMate and must be upgraded by an operator."""


class SchemaTooNew(RecordsError):
    """The database was last used by a newer SalesMate; reading it could lose what we do not know."""


class NotFound(RecordsError):
    """No such role-play, scorecard or question for this tenant and person."""


class ConcurrentTurn(RecordsError):
    """Another session has moved the call on; the caller's view of it is stale. Nothing was written."""


class RolePlayEnded(RecordsError):
    """The call is over, so nothing can be said in it any more. Nothing was written."""


class NotARepTurn(RecordsError):
    """A retry starts at something the rep said; this turn is not one."""
