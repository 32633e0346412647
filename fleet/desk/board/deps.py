"""What routes ask for."""

from fastapi import Request

from fleet.desk.board.live import Board


def board(request: Request) -> Board:
    """The application's board."""
    found: Board = request.app.state.board
    return found
