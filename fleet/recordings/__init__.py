"""Recordings: uploads, segments and takes as the fleet holds them, and which lesson they are of."""
