"""All scenarios, in the order of their numbers."""

from tests.faults import of_api, of_network, of_servers, of_worker
from tests.faults.stage import SCENARIOS

MODULES = (of_api, of_network, of_servers, of_worker)  # importing them fills the table
NAMES = sorted(SCENARIOS)
EXPECTED = [f"F{number:02}" for number in (*range(1, 9), *range(10, 19), 24, 25, 26)]
# The short form runs in two halves, so that two test workers share them.
HALVES = (NAMES[::2], NAMES[1::2])
