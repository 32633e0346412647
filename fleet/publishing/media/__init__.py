"""What ffmpeg does for publishing: argument lists, and children that run them."""
