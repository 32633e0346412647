"""Whether a line is where the last answer left it."""

import asyncio


async def at_rest(reader: asyncio.StreamReader) -> bool:
    """Whether the line is open and nothing was said on it that nobody asked for.

    What was said unasked would be taken for the next answer: such a line is to be opened anew.
    """
    try:
        async with asyncio.timeout(0):
            await reader.read(1)  # returns at once when there is something, or the end
    except TimeoutError:
        return reader.exception() is None
    except OSError:
        return False
    return False
