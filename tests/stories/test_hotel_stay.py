"""A hotel stay of three days: care logged day by day, a forgotten entry noticed at midnight, photos twice a day."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from app.pictures import make_photo
from domain.calendar import Zone
from domain.service import ServiceType
from models.booking import Booking
from models.event import Event
from models.notification import Notification
from models.task import Task
from tests import world
from tests.running import eventually, system
from tests.stories import documents as say
from tests.stories.test_main_job import all_holds, cursors_of, heard, send_files

EVERYTHING = ["CLEAN", "FOOD", "DRINK", "PLAY"]


@pytest.mark.proves("Q-06", "Q-08")
async def test_a_dog_stays_three_days_at_a_hotel_in_bali(clean: str, redis_url: str, tmp_path: Path) -> None:
    with time_machine.travel(world.at(9, days=1, zone=Zone.WITA)) as clock:
        async with system(clean, redis_url, tmp_path) as running:
            hotel = await world.provider(ServiceType.DOG_HOTEL, zone=Zone.WITA, areas=("51.71",), kennels=2)
            customer = await world.customer()
            arrives, leaves = world.in_days(1, Zone.WITA), world.in_days(3, Zone.WITA)
            booking = await world.accepted(customer, hotel, arrives_on=arrives, leaves_on=leaves)
            assert booking.starts_at == Zone.WITA.at(arrives, datetime.min.time().replace(hour=14))
            id = str(booking.id)
            sari = await running.client(customer.actor)
            async with sari.follow(say.BOOKING_EVENTS, id=id, after="e0") as stream:
                await stream.caught_up()
                clock.move_to(booking.starts_at)
                owner = await running.client(hotel.actor)
                items = ["LODGING_CLEAN", "FEEDING_READY", "PLAY_AREA_SAFE"]
                assert (await owner.ask(say.START, id=id, items=items))["startBooking"]["state"] == "IN_SERVICE"
                for number in range(3):
                    day = arrives + timedelta(days=number)
                    clock.move_to(Zone.WITA.at(day, datetime.min.time().replace(hour=15 if number == 0 else 10)))
                    owner = await running.client(hotel.actor)
                    await send_files(owner, id, [("image/jpeg", make_photo(number, "Bolu"))], f"day-{number}")
                    logged = EVERYTHING if number != 1 else ["CLEAN", "FOOD", "DRINK"]  # day two: no play
                    await owner.ask(say.LOG_CARE, id=id, day=day.isoformat(), kinds=logged)
                    if number < 2:
                        clock.move_to(Zone.WITA.at(day + timedelta(days=1), datetime.min.time()))
                        await eventually(lambda: _looked_at(booking, number))  # noqa: B023
                await eventually(lambda: Event.filter(name="CareWasMissed", position__isnull=False).exists())
                alarms = await eventually(_both_alarms)
                assert sorted(alarm.queue or "partner" for alarm in alarms) == ["partner", "support"]

                clock.move_to(Zone.WITA.at(leaves, datetime.min.time().replace(hour=11)))
                owner = await running.client(hotel.actor)
                refused = (await owner.ask(say.COMPLETE, id=id))["completeBooking"]
                assert refused["code"] == "CARE_LOG_MISSING" and "PLAY" in refused["message"]
                second_day = (arrives + timedelta(days=1)).isoformat()
                await owner.ask(say.LOG_CARE, id=id, day=second_day, kinds=["PLAY"])
                assert (await owner.ask(say.COMPLETE, id=id))["completeBooking"]["state"] == "COMPLETED"
                await stream.named("BookingCompleted")

                clock.move_to(Zone.WITA.at(leaves, datetime.min.time().replace(hour=11)) + timedelta(hours=48))
                await stream.named("BookingClosed")
            assert heard(stream) == await cursors_of(f"booking:{id}", customer.actor)
            assert "CareWasMissed" not in [item.get("name") for item in stream.heard]  # between hotel and support
            await all_holds(running)


async def _both_alarms() -> list[Notification]:
    found = await Notification.filter(template__startswith="care_log_missing", channel="IN_APP")
    return found if len(found) >= 2 else []


async def _looked_at(booking: Booking, day: int) -> bool:
    """Whether the clock has looked at that day's care."""
    zone = Zone(booking.zone)
    on = zone.day_of(booking.starts_at) + timedelta(days=day)
    return await Task.exists(key=f"notice_missing_care:{booking.id}:{on}", state="DONE")
