"""The forecast as it stood two months ago."""

from datetime import date, timedelta

from ..scene.playbooks import manager
from .forecast import Forecast

AGO = timedelta(days=60)


def run(env, _size):
    """A past day against now."""
    return ForecastAsOf(env, manager(env)).play()


class ForecastAsOf(Forecast):
    """As a sales manager looks back."""

    name = "forecast_as_of"

    def click(self, env):
        """The same three months, as they stood then."""
        return env["crm.forecast"].get_forecast(as_of=str(date.today() - AGO))

    def click_peer(self, env):
        """As they stand now."""
        return env["crm.forecast"].get_forecast()
