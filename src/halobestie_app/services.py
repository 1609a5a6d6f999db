"""What endpoints work with (``call.services``): use cases and what they share. Knows no adapter."""

from attrs import frozen

from halobestie_app.environment import Environment
from halobestie_app.http.events import Streams
from halobestie_app.http.once import Once
from halobestie_app.metrics import Metrics
from halobestie_app.usecases.auditing import Auditing
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.erasing import Erasing
from halobestie_app.usecases.failures import FailureDesk
from halobestie_app.usecases.identity import Identity
from halobestie_app.usecases.mitras import Mitras
from halobestie_app.usecases.operator_accounts import OperatorAccounts
from halobestie_app.usecases.settings import LiveSettings
from halobestie_app.usecases.talking import Talking
from halobestie_app.usecases.webhooks import Door
from halobestie_app.workers.dashboard import SharedDashboard
from halobestie_core.ports.back_office import BackOffice
from halobestie_core.ports.catalogue import Prices
from halobestie_core.ports.history import Histories
from halobestie_core.ports.inbox import Inbox
from halobestie_core.ports.presence import Availability, Beats
from halobestie_core.ports.push import Devices
from halobestie_core.ports.reports import Reports


@frozen
class Services:
    """Made once per process by the wiring."""

    desk: Desk
    once: Once
    identity: Identity
    operators: OperatorAccounts
    talking: Talking
    availability: Availability
    beats: Beats
    devices: Devices
    settings: LiveSettings
    prices: Prices
    histories: Histories
    environment: Environment
    metrics: Metrics
    reports: Reports
    dashboard: SharedDashboard
    streams: Streams
    failures: FailureDesk
    mitras: Mitras
    back_office: BackOffice
    inbox: Inbox
    audits: Auditing
    erasing: Erasing
    door: Door | None = None
