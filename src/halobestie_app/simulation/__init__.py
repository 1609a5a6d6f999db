"""The whole server in memory, under a virtual clock, while everything goes wrong. Only commands import it."""

from halobestie_app.simulation.night import STEPS, Report, night
from halobestie_app.simulation.weather import Fault

__all__ = ["STEPS", "Fault", "Report", "night"]
