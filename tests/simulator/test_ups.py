"""The simulated supply, judged by aionut and by NUT's own `upsc` and `upscmd`."""

import asyncio
import shutil
import subprocess

import aionut
import pytest

from simulator.ups import Ups


def _client(ups: Ups, *secret: str) -> aionut.AIONUTClient:
    return aionut.AIONUTClient("127.0.0.1", ups.port, *secret, timeout=2)


def test_aionut_reads_it_and_switches_its_load() -> None:
    cuts: list[str] = []

    async def scene() -> None:
        async with Ups(password="word") as ups:
            ups.on_cut.append(lambda: cuts.append("cut"))
            client = _client(ups, "lectern", "word")
            assert await client.list_ups() == {"ups": "Simulated supply"}
            assert (await client.list_vars("ups"))["ups.status"] == "OL CHRG"
            assert await client.list_commands("ups") == {"load.off", "load.on"}
            assert await client.description("ups") == "Simulated supply"
            assert await client.run_command("ups", "load.off") == "OK"
            assert (await client.list_vars("ups"))["ups.status"].endswith("OFF")
            with pytest.raises(aionut.NUTCommandError, match="CMD-NOT-SUPPORTED"):
                await client.run_command("ups", "beeper.mute")
            with pytest.raises(aionut.NUTCommandError, match="UNKNOWN-UPS"):
                await client.list_vars("other")
            client.shutdown()
            wrong = _client(ups, "lectern", "wrong")
            with pytest.raises(aionut.NUTLoginError):
                await wrong.run_command("ups", "load.off")
            wrong.shutdown()

    asyncio.run(scene())
    assert cuts == ["cut"]


def test_its_battery_drains_when_the_mains_are_lost_and_fills_when_they_are_back() -> None:
    async def scene() -> None:
        async with Ups(drain=200) as ups:
            client = _client(ups)
            ups.mains_lost()
            assert (await client.list_vars("ups"))["ups.status"] == "OB DISCHRG"
            await asyncio.sleep(0.45)
            told = await client.list_vars("ups")
            assert told["ups.status"] == "OB DISCHRG LB"
            assert float(told["battery.charge"]) < 20
            ups.mains_back()
            await asyncio.sleep(0.2)
            assert (await client.list_vars("ups"))["ups.status"] == "OL CHRG"
            client.shutdown()

    asyncio.run(scene())


@pytest.mark.skipif(not shutil.which("upsc"), reason="not installed: nut-client")
def test_the_programs_of_nut_agree() -> None:
    def run(*argv: str) -> str:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10)
        return done.stdout + done.stderr

    async def scene() -> tuple[str, str, str, str]:
        async with Ups(password="word") as ups:
            at = f"ups@127.0.0.1:{ups.port}"
            read = await asyncio.to_thread(run, "upsc", at)
            one = await asyncio.to_thread(run, "upsc", at, "battery.charge")
            commands = await asyncio.to_thread(run, "upscmd", "-l", at)
            cut = await asyncio.to_thread(
                run, "upscmd", "-u", "lectern", "-p", "word", at, "load.off"
            )
            assert not ups.loaded
            return read, one, commands, cut

    read, one, commands, cut = asyncio.run(scene())
    assert "ups.status: OL CHRG" in read
    assert "ups.model: Simulated 1000" in read
    assert "\n100\n" in f"\n{one}"
    assert "load.off" in commands
    assert "OK" in cut
